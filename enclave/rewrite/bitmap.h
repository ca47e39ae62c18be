// One bit for each byte of a segment.
#pragma once

#include <linux/errno.h>

#include <cstdint>
#include <new>
#include <optional>
#include <utility>

#include "base/result.h"

namespace scone::rewrite {

class Bitmap {
 public:
  // All bits clear. Error: ENOMEM.
  static Result<Bitmap> create(uint64_t bits) {
    Bitmap map;
    map.words_ = new (std::nothrow) uint64_t[bits / 64 + 1]();
    if (!map.words_) return Errno(ENOMEM);
    map.bits_ = bits;
    return map;
  }
  Bitmap() = default;
  Bitmap(Bitmap&& other) noexcept
      : words_(std::exchange(other.words_, nullptr)), bits_(std::exchange(other.bits_, 0)) {}
  Bitmap& operator=(Bitmap&& other) noexcept {
    std::swap(words_, other.words_);
    std::swap(bits_, other.bits_);
    return *this;
  }
  ~Bitmap() { delete[] words_; }

  bool created() const { return words_ != nullptr; }
  uint64_t size() const { return bits_; }
  // Precondition of set() and test(): bit < size().
  void set(uint64_t bit) { words_[bit / 64] |= uint64_t{1} << (bit % 64); }
  bool test(uint64_t bit) const { return words_[bit / 64] >> (bit % 64) & 1; }
  // True if a bit of [begin, end) is set.
  bool any(uint64_t begin, uint64_t end) const {
    for (; begin < end; ++begin)
      if (test(begin)) return true;
    return false;
  }
  // The highest set bit in [begin, end).
  std::optional<uint64_t> last(uint64_t begin, uint64_t end) const {
    while (end > begin) {
      uint64_t word = words_[(end - 1) / 64] << (63 - (end - 1) % 64);
      if (word == 0) {
        end = (end - 1) / 64 * 64;
        continue;
      }
      end -= static_cast<uint64_t>(__builtin_clzll(word));
      return end - 1 >= begin ? std::optional(end - 1) : std::nullopt;
    }
    return std::nullopt;
  }

 private:
  uint64_t* words_ = nullptr;
  uint64_t bits_ = 0;
};

}  // namespace scone::rewrite
