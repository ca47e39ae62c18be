// Large reservations cost nothing until touched.
#include <sys/mman.h>
#include <sys/resource.h>

#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {
constexpr size_t kMiB = 1 << 20;
constexpr size_t kPage = 4096;
}  // namespace

CASE(sixteen_gib_reserved) {
  constexpr size_t kSize = 16384 * kMiB;
  void* memory = mmap(nullptr, kSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(memory != MAP_FAILED);
  char* middle = static_cast<char*>(memory) + kSize / 2;
  CHECK_EQ(mprotect(middle, kMiB, PROT_READ | PROT_WRITE), 0);
  memset(middle, 1, kMiB);
  CHECK_EQ(middle[kMiB - 1], 1);
  CHECK_EQ(munmap(memory, kSize), 0);
}

CASE(one_gib_writable_touched_here_and_there) {
  constexpr size_t kSize = 1024 * kMiB;
  int64_t start = support::now_ms();
  auto* memory = static_cast<char*>(
      mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  CHECK(memory != MAP_FAILED);
  for (size_t i = 0; i < kSize; i += 16 * kMiB) memory[i] = 1;
  for (size_t i = 0; i < kSize; i += 16 * kMiB) CHECK_EQ(memory[i], 1);
  CHECK_EQ(munmap(memory, kSize), 0);
  CHECK(support::now_ms() - start < 5000);
}

CASE(memory_is_given_back) {
  for (int round = 0; round < 20; round++) {
    auto* memory = static_cast<char*>(
        mmap(nullptr, 32 * kMiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(memory != MAP_FAILED);
    for (size_t i = 0; i < 32 * kMiB; i += kPage) memory[i] = 1;
    CHECK_EQ(munmap(memory, 32 * kMiB), 0);
  }
}

CASE(malloc_of_many_sizes) {
  std::vector<char*> blocks;
  for (size_t size = 1; size <= 8 * kMiB; size = size * 3 / 2 + 1) {
    auto* block = static_cast<char*>(malloc(size));
    CHECK(block);
    memset(block, static_cast<int>(size % 251), size);
    blocks.push_back(block);
  }
  size_t size = 1;
  for (char* block : blocks) {
    CHECK_EQ(block[size - 1], static_cast<char>(size % 251));
    free(block);
    size = size * 3 / 2 + 1;
  }
}

CASE(realloc_keeps_the_content) {
  auto* block = static_cast<char*>(malloc(1));
  block[0] = 42;
  for (size_t size = 2; size <= 64 * kMiB; size *= 2) {
    block = static_cast<char*>(realloc(block, size));
    CHECK(block);
    CHECK_EQ(block[0], 42);
    block[size - 1] = 1;
  }
  free(block);
}

CASE(threads_touch_the_same_fresh_pages) {
  constexpr size_t kPages = 1024;
  auto* memory = static_cast<char*>(
      mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 8; t++)
    threads.emplace_back([=] {
      for (size_t i = 0; i < kPages; i++) memory[i * kPage + t] = static_cast<char>(t + 1);
    });
  for (auto& thread : threads) thread.join();
  for (size_t i = 0; i < kPages; i++)
    for (size_t t = 0; t < 8; t++) CHECK_EQ(memory[i * kPage + t], static_cast<char>(t + 1));
  munmap(memory, kPages * kPage);
}

CASE(threads_map_and_unmap_beside_each_other) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 1; t <= 4; t++)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; i++) {
        auto* memory = static_cast<char*>(
            mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (memory == MAP_FAILED || memory[0] != 0) wrong++;
        memset(memory, t, 4 * kPage);
        if (memory[3 * kPage] != t) wrong++;
        mprotect(memory, kPage, PROT_READ);
        munmap(memory, 4 * kPage);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(wrong.load(), 0);
}
