#include "enclave/rewrite/unwind_table.h"

#include "enclave/rewrite/first_index.h"

namespace scone::rewrite {
namespace {

// Pointer encodings, LSB 10.5.1.
enum : uint8_t {
  kAbsolute = 0x00,
  kUdata4 = 0x03,
  kUdata8 = 0x04,
  kSdata4 = 0x0b,
  kSdata8 = 0x0c,
  kFormat = 0x0f,
  kRelativeToField = 0x10,
  kDataRelativeSdata4 = 0x3b,
  kNone = 0xff,
};

// Reads on from an address; after the first failure everything reads as 0 and failed() says so.
class Cursor {
 public:
  Cursor(const DataView& data, uint64_t address) : data_(data), address_(address) {}

  template <typename T>
  T take() {
    std::optional<T> value = data_.read<T>(address_);
    failed_ |= !value;
    address_ += sizeof(T);
    return value.value_or(T{});
  }
  // LEB128; its value is not needed, only its end.
  void skip_leb() {
    for (int bytes = 0; bytes < 10; ++bytes)
      if ((take<uint8_t>() & 0x80) == 0) return;
    failed_ = true;
  }
  uint64_t pointer(uint8_t encoding) {
    uint64_t base = 0;
    if ((encoding & ~kFormat) == kRelativeToField)
      base = address_;
    else if ((encoding & ~kFormat) != 0)
      failed_ = true;
    switch (encoding & kFormat) {
      case kUdata4:
        return base + take<uint32_t>();
      case kSdata4:
        return base + static_cast<uint64_t>(int64_t{take<int32_t>()});
      case kAbsolute:
      case kUdata8:
      case kSdata8:
        return base + take<uint64_t>();
      default:
        failed_ = true;
        return 0;
    }
  }
  bool failed() const { return failed_; }

 private:
  const DataView& data_;
  uint64_t address_;
  bool failed_ = false;
};

// How the FDEs of a CIE encode their function's start and size.
std::optional<uint8_t> pointer_encoding(const DataView& data, uint64_t cie) {
  constexpr size_t kLongest = 8;
  Cursor cursor(data, cie);
  uint32_t length = cursor.take<uint32_t>();
  uint32_t id = cursor.take<uint32_t>();
  uint8_t version = cursor.take<uint8_t>();
  if (length == 0 || id != 0 || (version != 1 && version != 3)) return std::nullopt;
  char augmentation[kLongest + 1];
  size_t letters = 0;
  while ((augmentation[letters] = cursor.take<char>()) != 0)
    if (++letters > kLongest) return std::nullopt;
  cursor.skip_leb();  // code alignment
  cursor.skip_leb();  // data alignment
  if (version == 1)
    cursor.take<uint8_t>();  // return address register
  else
    cursor.skip_leb();
  if (letters == 0 && !cursor.failed()) return kAbsolute;
  if (augmentation[0] != 'z') return std::nullopt;
  cursor.skip_leb();  // length of what follows
  uint8_t encoding = kAbsolute;
  for (size_t i = 1; i < letters; ++i) {
    switch (augmentation[i]) {
      case 'R':
        encoding = cursor.take<uint8_t>();
        break;
      case 'L':
        cursor.take<uint8_t>();
        break;
      case 'P':
        cursor.pointer(cursor.take<uint8_t>() & kFormat);
        break;
      case 'S':
      case 'B':
        break;
      default:
        return std::nullopt;
    }
  }
  return cursor.failed() ? std::nullopt : std::optional(encoding);
}

std::optional<FunctionRange> read_function(const DataView& data, uint64_t fde) {
  Cursor cursor(data, fde);
  uint32_t length = cursor.take<uint32_t>();
  uint64_t cie = fde + 4 - cursor.take<uint32_t>();
  if (cursor.failed() || length == 0 || length >= 0xfffffff0) return std::nullopt;
  std::optional<uint8_t> encoding = pointer_encoding(data, cie);
  if (!encoding || *encoding == kNone) return std::nullopt;
  uint64_t begin = cursor.pointer(*encoding);
  uint64_t size = cursor.pointer(*encoding & kFormat);
  if (cursor.failed()) return std::nullopt;
  return FunctionRange{begin, begin + size};
}

}  // namespace

UnwindTable::UnwindTable(const UnwindView& view, FunctionRange code)
    : data_(view.data), header_(view.header), code_(code) {
  if (header_ == 0) return;
  Cursor cursor(data_, header_);
  uint8_t version = cursor.take<uint8_t>();
  uint8_t frame_encoding = cursor.take<uint8_t>();
  uint8_t count_encoding = cursor.take<uint8_t>();
  uint8_t table_encoding = cursor.take<uint8_t>();
  uint8_t frame_format = frame_encoding & kFormat;
  cursor.take<uint32_t>();  // .eh_frame itself: the table points at its records
  uint32_t count = cursor.take<uint32_t>();
  if (cursor.failed() || version != 1 || count_encoding != kUdata4 || table_encoding != kDataRelativeSdata4)
    return;
  if (frame_encoding == kNone || (frame_format != kSdata4 && frame_format != kUdata4)) return;
  table_ = header_ + 12;
  if (count != 0 && !data_.read<uint64_t>(table_ + 8 * (uint64_t{count} - 1))) return;
  count_ = count;
}

std::optional<uint64_t> UnwindTable::start_of(uint64_t index) const {
  std::optional<int32_t> distance = data_.read<int32_t>(table_ + 8 * index);
  if (!distance) return std::nullopt;
  return header_ + static_cast<uint64_t>(int64_t{*distance});
}

std::optional<FunctionRange> UnwindTable::function_of(uint64_t index) const {
  std::optional<uint64_t> start = start_of(index);
  std::optional<int32_t> distance = data_.read<int32_t>(table_ + 8 * index + 4);
  if (!start || !distance) return std::nullopt;
  std::optional<FunctionRange> range =
      read_function(data_, header_ + static_cast<uint64_t>(int64_t{*distance}));
  if (!range || range->begin != *start || range->end < range->begin) return std::nullopt;
  return range;
}

std::optional<Place> UnwindTable::find(uint64_t address) const {
  Place gap{code_, false};
  size_t next = first_index(count_, [&](size_t i) { return start_of(i).value_or(0) > address; });
  if (next < count_) {
    uint64_t start = *start_of(next);
    if (start <= address) return std::nullopt;
    if (start < gap.range.end) gap.range.end = start;
  }
  if (next == 0) return gap;
  std::optional<FunctionRange> function = function_of(next - 1);
  if (!function || function->begin > address) return std::nullopt;
  // The function before may belong to another segment.
  if (address >= function->end) {
    if (function->end > gap.range.begin) gap.range.begin = function->end;
    return gap;
  }
  if (function->begin < code_.begin || function->end > gap.range.end) return std::nullopt;
  return Place{*function, true};
}

}  // namespace scone::rewrite
