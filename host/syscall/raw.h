// A system call as it is: no errno, no cancellation, any number.
#pragma once

#include <cstdint>

namespace scone::host {

inline int64_t raw_syscall(uint64_t number, const uint64_t (&a)[6]) {
  int64_t result;
  register uint64_t r10 asm("r10") = a[3];
  register uint64_t r8 asm("r8") = a[4];
  register uint64_t r9 asm("r9") = a[5];
  // SAFETY: the kernel clobbers rcx and r11 only; pointers in the arguments are the caller's affair.
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

}  // namespace scone::host
