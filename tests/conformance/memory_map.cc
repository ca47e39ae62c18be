// mmap, munmap, mprotect, mremap, madvise: results and what the memory then holds.
#include <sys/mman.h>

#include <cstdint>

#include "check.h"
#include "support.h"

namespace {

constexpr size_t kPage = 4096;
constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;

char* map_pages(size_t pages, int protection = PROT_READ | PROT_WRITE) {
  void* address = mmap(nullptr, pages * kPage, protection, kAnonymous, -1, 0);
  return address == MAP_FAILED ? nullptr : static_cast<char*>(address);
}

bool all_are(const char* from, size_t size, char value) {
  for (size_t i = 0; i < size; i++)
    if (from[i] != value) return false;
  return true;
}

// A page is mapped if mincore knows it.
bool is_mapped(const void* address) {
  return msync(const_cast<void*>(address), kPage, MS_ASYNC) == 0;
}

}  // namespace

CASE(fresh_memory_is_zero) {
  char* memory = map_pages(16);
  CHECK(memory);
  CHECK(all_are(memory, 16 * kPage, 0));
  memset(memory, 1, 16 * kPage);
  CHECK_EQ(munmap(memory, 16 * kPage), 0);
  memory = map_pages(16);
  CHECK(all_are(memory, 16 * kPage, 0));
  munmap(memory, 16 * kPage);
}

CASE(fixed_replaces_what_was_there) {
  char* memory = map_pages(8);
  memset(memory, 7, 8 * kPage);
  void* middle = mmap(memory + 2 * kPage, 2 * kPage, PROT_READ | PROT_WRITE, kAnonymous | MAP_FIXED, -1, 0);
  CHECK(middle == memory + 2 * kPage);
  CHECK(all_are(memory, 2 * kPage, 7));
  CHECK(all_are(memory + 2 * kPage, 2 * kPage, 0));
  CHECK(all_are(memory + 4 * kPage, 4 * kPage, 7));
  munmap(memory, 8 * kPage);
}

CASE(fixed_noreplace_refuses) {
  char* memory = map_pages(2);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(memory, kPage, PROT_READ, kAnonymous | MAP_FIXED_NOREPLACE, -1, 0)), EEXIST);
  munmap(memory, 2 * kPage);
  void* again = mmap(memory, kPage, PROT_READ, kAnonymous | MAP_FIXED_NOREPLACE, -1, 0);
  CHECK(again == memory);
  munmap(again, kPage);
}

CASE(hint_is_honoured_when_free) {
  char* memory = map_pages(4);
  munmap(memory, 4 * kPage);
  void* hinted = mmap(memory, 4 * kPage, PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
  CHECK(hinted == memory);
  void* taken = mmap(memory, 4 * kPage, PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
  CHECK(taken != MAP_FAILED && taken != memory);
  munmap(hinted, 4 * kPage);
  munmap(taken, 4 * kPage);
}

CASE(unmap_a_hole) {
  char* memory = map_pages(6);
  memset(memory, 5, 6 * kPage);
  CHECK_EQ(munmap(memory + 2 * kPage, 2 * kPage), 0);
  CHECK(all_are(memory, 2 * kPage, 5));
  CHECK(all_are(memory + 4 * kPage, 2 * kPage, 5));
  CHECK(!is_mapped(memory + 2 * kPage));
  CHECK_EQ(munmap(memory, 6 * kPage), 0);
  CHECK_EQ(munmap(memory, 6 * kPage), 0);
}

CASE(wrong_arguments) {
  char* memory = map_pages(1);
  CHECK_ERRNO(munmap(memory + 1, kPage), EINVAL);
  CHECK_ERRNO(munmap(memory, 0), EINVAL);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(nullptr, 0, PROT_READ, kAnonymous, -1, 0)), EINVAL);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(nullptr, kPage, PROT_READ, MAP_ANONYMOUS, -1, 0)), EINVAL);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, -1, 0)), EBADF);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(memory + 1, kPage, PROT_READ, kAnonymous | MAP_FIXED, -1, 0)), EINVAL);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(nullptr, SIZE_MAX - kPage, PROT_READ, kAnonymous, -1, 0)), ENOMEM);
  CHECK_ERRNO(mprotect(memory + 1, kPage, PROT_READ), EINVAL);
  munmap(memory, kPage);
  CHECK_ERRNO(mprotect(memory, kPage, PROT_READ), ENOMEM);
  CHECK_ERRNO(madvise(memory, kPage, MADV_DONTNEED), ENOMEM);
}

CASE(protection_splits_and_joins) {
  char* memory = map_pages(5, PROT_NONE);
  CHECK_EQ(mprotect(memory + kPage, 3 * kPage, PROT_READ | PROT_WRITE), 0);
  memset(memory + kPage, 9, 3 * kPage);
  CHECK_EQ(mprotect(memory + 2 * kPage, kPage, PROT_READ), 0);
  CHECK(all_are(memory + kPage, 3 * kPage, 9));
  CHECK_EQ(mprotect(memory, 5 * kPage, PROT_READ | PROT_WRITE), 0);
  memory[0] = memory[4 * kPage] = 1;
  CHECK(all_are(memory + kPage, 3 * kPage, 9));
  munmap(memory, 5 * kPage);
}

CASE(system_calls_respect_protection) {
  int pipes[2];
  CHECK_EQ(pipe(pipes), 0);
  char* memory = map_pages(2);
  CHECK_EQ(mprotect(memory + kPage, kPage, PROT_NONE), 0);
  CHECK_ERRNO(write(pipes[1], memory + kPage, 1), EFAULT);
  CHECK_EQ(write(pipes[1], "abcd", 4), 4);
  CHECK_EQ(mprotect(memory, kPage, PROT_READ), 0);
  CHECK_ERRNO(read(pipes[0], memory, 4), EFAULT);
  munmap(memory, 2 * kPage);
  CHECK_ERRNO(read(pipes[0], memory, 4), EFAULT);
  CHECK_ERRNO(write(pipes[1], reinterpret_cast<void*>(~0xfffull), 16), EFAULT);
  close(pipes[0]);
  close(pipes[1]);
}

CASE(remap_grows_in_place_or_moves) {
  char* memory = map_pages(4);
  memset(memory, 3, 4 * kPage);
  auto* larger = static_cast<char*>(mremap(memory, 4 * kPage, 64 * kPage, MREMAP_MAYMOVE));
  CHECK(larger != MAP_FAILED);
  CHECK(all_are(larger, 4 * kPage, 3));
  CHECK(all_are(larger + 4 * kPage, 60 * kPage, 0));
  auto* smaller = static_cast<char*>(mremap(larger, 64 * kPage, 2 * kPage, 0));
  CHECK(smaller == larger);
  CHECK(all_are(smaller, 2 * kPage, 3));
  CHECK(!is_mapped(larger + 2 * kPage));
  munmap(smaller, 2 * kPage);
}

CASE(remap_that_may_not_move) {
  char* memory = map_pages(3);
  memset(memory, 4, kPage);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mremap(memory, kPage, 2 * kPage, 0)), ENOMEM);
  CHECK_EQ(munmap(memory + kPage, 2 * kPage), 0);
  CHECK(mremap(memory, kPage, 2 * kPage, 0) == memory);
  CHECK(all_are(memory, kPage, 4));
  munmap(memory, 2 * kPage);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mremap(memory, kPage, 2 * kPage, MREMAP_MAYMOVE)), EFAULT);
}

CASE(remap_to_a_fixed_place) {
  char* memory = map_pages(2);
  char* target = map_pages(4);
  memset(memory, 6, 2 * kPage);
  void* moved = mremap(memory, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, target + kPage);
  CHECK(moved == target + kPage);
  CHECK(all_are(target + kPage, 2 * kPage, 6));
  CHECK(all_are(target, kPage, 0));
  CHECK(!is_mapped(memory));
  munmap(target, 4 * kPage);
}

CASE(dontneed_gives_zeroes) {
  char* memory = map_pages(8);
  memset(memory, 8, 8 * kPage);
  CHECK_EQ(madvise(memory + kPage, 6 * kPage, MADV_DONTNEED), 0);
  CHECK(all_are(memory, kPage, 8));
  CHECK(all_are(memory + kPage, 6 * kPage, 0));
  CHECK(all_are(memory + 7 * kPage, kPage, 8));
  munmap(memory, 8 * kPage);
}

CASE(harmless_advice_is_taken) {
  char* memory = map_pages(2);
  CHECK_EQ(madvise(memory, kPage, MADV_WILLNEED), 0);
  CHECK_EQ(madvise(memory, kPage, MADV_RANDOM), 0);
  CHECK_EQ(madvise(memory, kPage, MADV_DONTFORK), 0);
  CHECK_EQ(madvise(memory, kPage, MADV_FREE), 0);
  CHECK_ERRNO(madvise(memory, kPage, 9999), EINVAL);
  munmap(memory, 2 * kPage);
}

CASE(code_written_at_run_time_runs) {
  // mov eax, edi; add eax, 1; ret
  static const unsigned char kCode[] = {0x89, 0xf8, 0x83, 0xc0, 0x01, 0xc3};
  char* memory = map_pages(1);
  memcpy(memory, kCode, sizeof kCode);
  CHECK_EQ(mprotect(memory, kPage, PROT_READ | PROT_EXEC), 0);
  // SAFETY: the bytes above are a function of this type.
  auto* function = reinterpret_cast<int (*)(int)>(memory);
  CHECK_EQ(function(41), 42);
  munmap(memory, kPage);
}

CASE(code_with_a_system_call_written_at_run_time) {
  // mov eax, 39 (getpid); syscall; ret
  static const unsigned char kCode[] = {0xb8, 0x27, 0, 0, 0, 0x0f, 0x05, 0xc3};
  char* memory = map_pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
  CHECK(memory);
  memcpy(memory, kCode, sizeof kCode);
  // SAFETY: as above.
  auto* function = reinterpret_cast<int (*)()>(memory);
  for (int i = 0; i < 10; i++) CHECK_EQ(function(), getpid());
  munmap(memory, kPage);
}

CASE(many_small_mappings) {
  constexpr int kCount = 2000;
  static char* maps[kCount];
  for (int i = 0; i < kCount; i++) {
    maps[i] = map_pages(1, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ);
    CHECK(maps[i]);
    if (i % 2) maps[i][0] = static_cast<char>(i);
  }
  for (int i = 1; i < kCount; i += 2) CHECK_EQ(maps[i][0], static_cast<char>(i));
  for (int i = 0; i < kCount; i++) CHECK_EQ(munmap(maps[i], kPage), 0);
}
