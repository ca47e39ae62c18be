// Address space and page faults.
#include <sys/mman.h>

#include "bench/micro/benchmark.h"

namespace scone::bench {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kPages = 4096;  // 16 MiB: more than allocators keep

char* map(size_t length) {
  void* memory = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  return static_cast<char*>(memory);
}

void touch(char* memory) { *static_cast<volatile char*>(memory) = 1; }

}  // namespace

// A page mapped, written to and unmapped.
Count mappings(const Settings& settings) {
  return repeat(settings, 20, [] {
    char* memory = map(kPage);
    touch(memory);
    munmap(memory, kPage);
  });
}

// Memory that is used once and given back, as large allocations are. An operation is one page.
Count page_faults(const Settings& settings) {
  Count count = repeat(settings, 1, [] {
    char* memory = map(kPages * kPage);
    madvise(memory, kPages * kPage, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < kPages; ++i) touch(memory + i * kPage);
    munmap(memory, kPages * kPage);
  });
  count.operations *= kPages;
  return count;
}

}  // namespace scone::bench
