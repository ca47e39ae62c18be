// The functions of the C library that libcrypto uses and that mean something in an enclave; absent.S has the rest.
#include <cstddef>
#include <cstdint>

#include "enclave/boundary/host_call.h"
#include "enclave/random/random.h"
#include "enclave/runtime/heap.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/clock.h"

using scone::runtime::heap;

extern "C" {

[[noreturn]] void __stack_chk_fail() {
  scone::boundary::panic("libcrypto has overrun a buffer on its stack");
}
[[noreturn]] void abort() { scone::boundary::panic("libcrypto has stopped itself"); }

// -- memory ---------------------------------------------------------------------------------------------------------

void* malloc(size_t size) { return heap().allocate(size > 0 ? size : 1); }
void free(void* pointer) { heap().free(pointer); }
void* realloc(void* pointer, size_t size) {
  if (!pointer) return malloc(size);
  const size_t old_size = heap().size_of(pointer);
  if (size <= old_size && size > old_size / 2) return pointer;
  void* moved = malloc(size);
  if (!moved) return nullptr;
  memcpy(moved, pointer, size < old_size ? size : old_size);
  free(pointer);
  return moved;
}

// -- strings: as in ISO C ---------------------------------------------------------------------------------------------

char* strchr(const char* text, int c) {
  for (;; ++text) {
    if (*text == static_cast<char>(c)) return const_cast<char*>(text);
    if (*text == '\0') return nullptr;
  }
}
size_t strspn(const char* text, const char* set) {
  size_t length = 0;
  while (text[length] != '\0' && strchr(set, text[length])) ++length;
  return length;
}
char* strcpy(char* to, const char* from) {
  memcpy(to, from, strlen(from) + 1);
  return to;
}

unsigned long strtoul(const char* text, char** end, int base) {
  const char* at = text + strspn(text, " \t\n\v\f\r");
  const bool negative = *at == '-';
  if (*at == '-' || *at == '+') ++at;
  if ((base == 0 || base == 16) && at[0] == '0' && (at[1] | 0x20) == 'x') {
    base = 16;
    at += 2;
  }
  if (base == 0) base = *at == '0' ? 8 : 10;
  unsigned long value = 0;
  for (;; ++at) {
    const int digit = *at >= '0' && *at <= '9'                       ? *at - '0'
                      : ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z') ? (*at | 0x20) - 'a' + 10
                                                                     : 99;
    if (digit >= base) break;
    value = value * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
  }
  if (end) *end = const_cast<char*>(at);
  return negative ? -value : value;
}
long strtol(const char* text, char** end, int base) { return static_cast<long>(strtoul(text, end, base)); }

// Insertion sort: the library sorts parameter lists and names, a few dozen at most.
void qsort(void* base, size_t count, size_t size, int (*compare)(const void*, const void*)) {
  auto* bytes = static_cast<unsigned char*>(base);
  for (size_t i = 1; i < count; ++i)
    for (size_t j = i; j > 0 && compare(bytes + (j - 1) * size, bytes + j * size) > 0; --j)
      for (size_t k = 0; k < size; ++k) {
        const unsigned char kept = bytes[j * size + k];
        bytes[j * size + k] = bytes[(j - 1) * size + k];
        bytes[(j - 1) * size + k] = kept;
      }
}

// -- the system ---------------------------------------------------------------------------------------------------------

// No variable of the program's or the host's changes how cryptography works.
char* secure_getenv(const char*) { return nullptr; }

// All the library's randomness begins here. It fails closed.
int getentropy(void* to, size_t size) { return scone::random::fill(to, size).ok() ? 0 : -1; }

int64_t time(int64_t* result) {
  const auto now = static_cast<int64_t>(scone::sched::realtime_ns() / 1'000'000'000);
  if (result) *result = now;
  return now;
}
int getpid() { return 1; }  // only compared with itself: an enclave does not fork unnoticed
int atexit(void (*)()) { return 0; }
}
