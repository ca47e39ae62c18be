// The bodies of memory.h's functions, under names that a host program can call next to its libc's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::runtime {

// Two overlapping accesses of `Word` copy any size from sizeof(Word) to twice that, also when source and destination overlap.
template <typename Word>
inline void copy_two_words(char* to, const char* from, size_t size) {
  Word first, last;
  __builtin_memcpy(&first, from, sizeof first);
  __builtin_memcpy(&last, from + size - sizeof last, sizeof last);
  __builtin_memcpy(to, &first, sizeof first);
  __builtin_memcpy(to + size - sizeof last, &last, sizeof last);
}

// Up to 16 bytes, where the start-up cost of `rep movsb` would dominate. Overlap allowed.
inline void copy_small(char* to, const char* from, size_t size) {
  if (size >= 8) return copy_two_words<uint64_t>(to, from, size);
  if (size >= 4) return copy_two_words<uint32_t>(to, from, size);
  if (size >= 2) return copy_two_words<uint16_t>(to, from, size);
  if (size == 1) *to = *from;
}

// Precondition: `to` does not lie in (from, from + size).
inline void copy_forward(char* to, const char* from, size_t size) {
  if (size <= 16) return copy_small(to, from, size);
  // SAFETY: within the two ranges; the direction flag is clear by the calling convention.
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

// Precondition: `to` does not lie in (from - size, from). `rep movsb` backwards is microcoded byte by byte: words instead.
inline void copy_backward(char* to, const char* from, size_t size) {
  while (size > 16) {
    size -= 8;
    uint64_t word;
    __builtin_memcpy(&word, from + size, sizeof word);
    __builtin_memcpy(to + size, &word, sizeof word);
  }
  copy_small(to, from, size);
}

inline void move_bytes(char* to, const char* from, size_t size) {
  // Unsigned: true if `to` lies below `from` or at least `size` above it.
  if (reinterpret_cast<uintptr_t>(to) - reinterpret_cast<uintptr_t>(from) >= size)
    copy_forward(to, from, size);
  else
    copy_backward(to, from, size);
}

inline void fill_bytes(char* to, uint8_t value, size_t size) {
  // SAFETY: within the range; the direction flag is clear by the calling convention.
  asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
}

inline int compare_bytes(const unsigned char* a, const unsigned char* b, size_t size) {
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t x, y;
    __builtin_memcpy(&x, a + i, sizeof x);
    __builtin_memcpy(&y, b + i, sizeof y);
    if (x != y) return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
  }
  for (; i < size; ++i)
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

inline size_t text_length(const char* text, size_t limit) {
  size_t length = 0;
  while (length < limit && text[length] != '\0') ++length;
  return length;
}

inline int compare_text(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) {
    ++a;
    ++b;
  }
  return static_cast<unsigned char>(*a) - static_cast<unsigned char>(*b);
}

}  // namespace scone::runtime
