// Otherwise the compiler recognises these loops as what they implement and calls itself.
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#include "enclave/runtime/memory.h"

#include "enclave/runtime/byte_operations.h"

using namespace scone::runtime;

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, size_t size) noexcept {
  copy_forward(static_cast<char*>(to), static_cast<const char*>(from), size);
  return to;
}

void* memmove(void* to, const void* from, size_t size) noexcept {
  move_bytes(static_cast<char*>(to), static_cast<const char*>(from), size);
  return to;
}

void* memset(void* to, int value, size_t size) noexcept {
  fill_bytes(static_cast<char*>(to), static_cast<uint8_t>(value), size);
  return to;
}

int memcmp(const void* a, const void* b, size_t size) noexcept {
  return compare_bytes(static_cast<const unsigned char*>(a), static_cast<const unsigned char*>(b), size);
}

size_t strlen(const char* text) noexcept { return text_length(text, SIZE_MAX); }
size_t strnlen(const char* text, size_t limit) noexcept { return text_length(text, limit); }
int strcmp(const char* a, const char* b) noexcept { return compare_text(a, b); }

void* memchr(const void* bytes, int value, size_t size) noexcept {
  const auto* byte = static_cast<const unsigned char*>(bytes);
  for (const auto* end = byte + size; byte != end; ++byte)
    if (*byte == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(byte);
  return nullptr;
}
}
