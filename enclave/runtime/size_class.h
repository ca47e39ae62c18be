// The sizes that the heap's small objects are rounded up to: multiples of 16 up to 128, then four steps to each power of two.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace scone::runtime {

inline constexpr size_t kLargestSmall = 16 << 10;
inline constexpr unsigned kSizeClasses = 36;

// Precondition: 0 < size <= kLargestSmall.
constexpr unsigned size_class(size_t size) {
  const size_t last = size - 1;
  if (size <= 128) return static_cast<unsigned>(last / 16);
  const unsigned log = static_cast<unsigned>(std::bit_width(last)) - 1;
  return 8 + (log - 7) * 4 + static_cast<unsigned>(last >> (log - 2) & 3);
}

constexpr size_t class_size(unsigned index) {
  if (index < 8) return size_t{16} * (index + 1);
  const unsigned power = (index - 8) / 4, step = (index - 8) % 4;
  return (size_t{128} << power) + (size_t{32} << power) * (step + 1);
}

static_assert(size_class(kLargestSmall) == kSizeClasses - 1 && class_size(kSizeClasses - 1) == kLargestSmall);

}  // namespace scone::runtime
