#include "tests/rewrite/segment.h"

namespace scone::rewrite {
namespace {

template <typename T>
void append(Bytes& bytes, T number) {
  uint8_t raw[sizeof(T)];
  std::memcpy(raw, &number, sizeof(T));
  bytes.insert(bytes.end(), raw, raw + sizeof(T));
}

}  // namespace

uint32_t Segment::function(const Bytes& bytes, int32_t described_size) {
  uint32_t offset = gap(bytes);
  functions_.push_back({offset, described_size});
  return offset;
}

uint32_t Segment::gap(const Bytes& bytes) {
  uint32_t offset = static_cast<uint32_t>(bytes_.size());
  bytes_ = bytes_ + bytes;
  original_ = bytes_;
  return offset;
}

// .eh_frame_hdr, a CIE "zR" (pcrel sdata4), and an FDE for each function.
void Segment::finish() {
  tables_.clear();
  const size_t header_size = 12 + 8 * functions_.size();
  const size_t cie = header_size, cie_size = 20, fde_size = 20;
  first_fde_ = cie + cie_size;
  append<uint32_t>(tables_, 0x3b031b01);  // version 1, pcrel sdata4, udata4, datarel sdata4
  append<int32_t>(tables_, static_cast<int32_t>(cie - 4));
  append<uint32_t>(tables_, static_cast<uint32_t>(functions_.size()));
  for (size_t i = 0; i < functions_.size(); ++i) {
    append<int32_t>(tables_, static_cast<int32_t>(kCode + functions_[i].offset - kTables));
    append<int32_t>(tables_, static_cast<int32_t>(first_fde_ + i * fde_size));
  }
  append<uint32_t>(tables_, cie_size - 4);
  append<uint32_t>(tables_, 0);
  tables_ = tables_ + Bytes{1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0, 0, 0};
  for (const Function& function : functions_) {
    append<uint32_t>(tables_, fde_size - 4);
    append<uint32_t>(tables_, static_cast<uint32_t>(tables_.size() - cie));
    append<int32_t>(tables_, static_cast<int32_t>(kCode + function.offset - (kTables + tables_.size())));
    append<int32_t>(tables_, function.size);
    append<uint32_t>(tables_, 0);
  }
}

Result<Outcome> Segment::rewrite() {
  if (tables_.empty() && !functions_.empty()) finish();
  area_.assign(area_size, 0);
  return rewrite::rewrite(view(), tables_.empty() ? UnwindView{} : unwind(), area(), kEntries, table, kCode);
}

std::string Segment::complaint() {
  std::vector<FunctionRange> functions;
  for (const Function& function : functions_)
    functions.push_back(
        {kCode + function.offset, kCode + function.offset + static_cast<uint64_t>(function.size)});
  return check(original_, bytes_, kCode, area(), table, functions, kEntries.general, kEntries.vector);
}

}  // namespace scone::rewrite
