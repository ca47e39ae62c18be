// brk: grows, shrinks, comes back as zeroes, and refuses what cannot be.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "check.h"

namespace {

constexpr uintptr_t kPage = 4096;
uintptr_t raw_brk(uintptr_t to) { return static_cast<uintptr_t>(syscall(SYS_brk, to)); }

}  // namespace

CASE(grow_and_use) {
  uintptr_t start = raw_brk(0);
  CHECK(start != 0);
  CHECK_EQ(raw_brk(start + 64 * kPage), start + 64 * kPage);
  auto* memory = reinterpret_cast<char*>(start);
  memset(memory, 1, 64 * kPage);
  CHECK_EQ(memory[64 * kPage - 1], 1);
  CHECK_EQ(raw_brk(start), start);
}

CASE(shrunk_memory_comes_back_as_zeroes) {
  uintptr_t start = (raw_brk(0) + kPage - 1) / kPage * kPage;
  CHECK_EQ(raw_brk(start + 8 * kPage), start + 8 * kPage);
  auto* memory = reinterpret_cast<volatile char*>(start);
  for (uintptr_t i = 0; i < 8 * kPage; i++) memory[i] = 1;
  CHECK_EQ(raw_brk(start + kPage), start + kPage);
  CHECK_EQ(raw_brk(start + 8 * kPage), start + 8 * kPage);
  CHECK_EQ(memory[0], 1);
  for (uintptr_t i = kPage; i < 8 * kPage; i++) CHECK_EQ(memory[i], 0);
  CHECK_EQ(raw_brk(start), start);
}

CASE(uneven_amounts) {
  uintptr_t start = raw_brk(0);
  CHECK_EQ(raw_brk(start + 100), start + 100);
  CHECK_EQ(raw_brk(0), start + 100);
  *reinterpret_cast<char*>(start + 99) = 1;
  CHECK_EQ(raw_brk(start), start);
}

CASE(refusal_answers_the_old_end) {
  uintptr_t start = raw_brk(0);
  CHECK_EQ(raw_brk(1), start);
  CHECK_EQ(raw_brk(UINTPTR_MAX - kPage), start);
  CHECK_EQ(raw_brk(0), start);
}

CASE(sbrk_through_libc) {
  void* before = sbrk(0);
  CHECK(sbrk(10000) == before);
  memset(before, 7, 10000);
  CHECK(sbrk(-10000) == static_cast<char*>(before) + 10000);
  CHECK(sbrk(0) == before);
}
