// Little-endian fields in sequence, written and read.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/array.h"
#include "base/result.h"
#include "volume/bytes.h"

namespace scone::volume {

// Running out of memory is remembered and told by check(); what was written is then useless.
class Encoder {
 public:
  void u8(uint8_t value) { number(value, 1); }
  void u16(uint16_t value) { number(value, 2); }
  void u32(uint32_t value) { number(value, 4); }
  void u64(uint64_t value) { number(value, 8); }
  void i64(int64_t value) { number(static_cast<uint64_t>(value), 8); }
  void bytes(Bytes bytes) { failed_ |= !bytes_.append(bytes).ok(); }
  // Precondition: at most 65535 bytes.
  void text(std::string_view text) {
    u16(static_cast<uint16_t>(text.size()));
    bytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  Result<void> check() const {
    if (failed_) return Errno(ENOMEM);
    return ok();
  }
  size_t size() const { return bytes_.size(); }
  MutableBytes written() { return bytes_.span(); }
  // Forgets all but the first `size` bytes.
  void cut(size_t size) { bytes_.shrink(size); }

 private:
  void number(uint64_t value, size_t size) {
    uint8_t little[8];
    for (size_t i = 0; i < size; ++i) little[i] = static_cast<uint8_t>(value >> (8 * i));
    bytes({little, size});
  }

  Array<uint8_t> bytes_;
  bool failed_ = false;
};

// Reading beyond the end gives zeros and is told by failed().
class Decoder {
 public:
  explicit Decoder(Bytes bytes) : rest_(bytes) {}
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  int64_t i64() { return static_cast<int64_t>(number(8)); }
  Bytes bytes(size_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  std::string_view text() {
    const Bytes taken = bytes(u16());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  bool at_end() const { return rest_.empty(); }
  bool failed() const { return failed_; }
  void fail() { failed_ = true; }

 private:
  uint64_t number(size_t size) {
    const Bytes taken = bytes(size);
    uint64_t value = 0;
    for (size_t i = 0; i < taken.size(); ++i) value |= uint64_t{taken[i]} << (8 * i);
    return value;
  }

  Bytes rest_;
  bool failed_ = false;
};

}  // namespace scone::volume
