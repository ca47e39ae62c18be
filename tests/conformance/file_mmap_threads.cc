// Threads that touch the same pages of a mapped file at the same moment: none may see a page that is only half there.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

using support::put_file;
using support::TemporaryDir;

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kPages = 64;

// Looks at one byte of each page, at a place that a copy reaches last.
size_t count_wrong(const volatile char* memory) {
  size_t wrong = 0;
  for (size_t page = 0; page < kPages; page++) wrong += memory[page * kPage + kPage - 1] != 'x';
  return wrong;
}

void race(int protection) {
  TemporaryDir dir;
  put_file(dir / "file", std::string(kPages * kPage, 'x'));
  const int fd = open((dir / "file").c_str(), O_RDONLY);
  size_t wrong = 0;
  for (int round = 0; round < 100; round++) {
    auto* memory = static_cast<char*>(mmap(nullptr, kPages * kPage, protection, MAP_PRIVATE, fd, 0));
    CHECK(memory != MAP_FAILED);
    std::atomic<int> ready = 0;
    std::atomic<size_t> other_wrong = 0;
    std::thread other([&] {
      ready++;
      while (ready < 2) sched_yield();
      other_wrong = count_wrong(memory);
    });
    ready++;
    while (ready < 2) sched_yield();
    wrong += count_wrong(memory);
    other.join();
    wrong += other_wrong;
    munmap(memory, kPages * kPage);
  }
  CHECK_EQ(wrong, 0u);
  close(fd);
}

}  // namespace

CASE(read_only_pages) { race(PROT_READ); }

CASE(writable_pages) { race(PROT_READ | PROT_WRITE); }

