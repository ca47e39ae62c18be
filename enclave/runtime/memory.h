// Bytes: what the compiler itself calls, and what freestanding code needs of <string.h>.
#pragma once

#include <cstddef>

// General registers only, so that they may run where vector registers hold the program's values. Precondition of all: the memory
// is the enclave's own; the program's and the host's are copied by enclave/boundary.
extern "C" {
void* memcpy(void* __restrict to, const void* __restrict from, size_t size) noexcept;
void* memmove(void* to, const void* from, size_t size) noexcept;
void* memset(void* to, int value, size_t size) noexcept;
int memcmp(const void* a, const void* b, size_t size) noexcept;
#ifdef SCONE_ENCLAVE  // the C library's, which unit tests see, has two of them in C++
void* memchr(const void* bytes, int value, size_t size) noexcept;
#endif
size_t strlen(const char* text) noexcept;
size_t strnlen(const char* text, size_t limit) noexcept;
int strcmp(const char* a, const char* b) noexcept;
}
