// Arithmetic on untrusted numbers: overflow is an answer, not a wrap-around.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace scone {

template <typename T>
constexpr std::optional<T> checked_add(T a, T b) {
  T sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

template <typename T>
constexpr std::optional<T> checked_mul(T a, T b) {
  T product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// True if [begin, begin + size) does not wrap and lies in [low, high).
constexpr bool range_within(uint64_t begin, uint64_t size, uint64_t low, uint64_t high) {
  uint64_t end;
  return !__builtin_add_overflow(begin, size, &end) && begin >= low && end <= high;
}

// True if [begin, begin + size) wraps or has a byte in common with [low, high).
constexpr bool range_touches(uint64_t begin, uint64_t size, uint64_t low, uint64_t high) {
  uint64_t end;
  if (__builtin_add_overflow(begin, size, &end)) return true;
  return begin < high && end > low;
}

// Precondition: alignment is a power of two.
constexpr uint64_t align_down(uint64_t value, uint64_t alignment) {
  return value & ~(alignment - 1);
}
// Precondition: alignment is a power of two and value + alignment does not overflow.
constexpr uint64_t align_up(uint64_t value, uint64_t alignment) {
  return align_down(value + alignment - 1, alignment);
}
constexpr bool is_aligned(uint64_t value, uint64_t alignment) {
  return (value & (alignment - 1)) == 0;
}

}  // namespace scone
