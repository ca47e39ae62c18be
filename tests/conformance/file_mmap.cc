// Files as memory.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "support.h"

using support::get_file;
using support::put_file;
using support::TemporaryDir;

namespace {
constexpr size_t kPage = 4096;
sigjmp_buf escape;
}  // namespace

CASE(private_mapping_shows_the_file) {
  TemporaryDir dir;
  std::string content(3 * kPage + 100, '\0');
  for (size_t i = 0; i < content.size(); i++) content[i] = static_cast<char>(i % 253);
  put_file(dir / "file", content);
  int fd = open((dir / "file").c_str(), O_RDONLY);
  auto* memory = static_cast<char*>(mmap(nullptr, content.size(), PROT_READ, MAP_PRIVATE, fd, 0));
  CHECK(memory != MAP_FAILED);
  CHECK_EQ(memcmp(memory, content.data(), content.size()), 0);
  // The rest of the last page is zero.
  for (size_t i = content.size(); i < 4 * kPage; i++) CHECK_EQ(memory[i], 0);
  CHECK_EQ(munmap(memory, content.size()), 0);
  close(fd);
}

CASE(private_writes_stay_private) {
  TemporaryDir dir;
  put_file(dir / "file", std::string(kPage, 'a'));
  int fd = open((dir / "file").c_str(), O_RDONLY);
  auto* memory = static_cast<char*>(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
  close(fd);
  CHECK(memory != MAP_FAILED);
  memory[0] = 'b';
  CHECK_EQ(memory[0], 'b');
  CHECK_EQ(get_file(dir / "file")[0], 'a');
  munmap(memory, kPage);
}

CASE(offset_into_the_file) {
  TemporaryDir dir;
  put_file(dir / "file", std::string(kPage, '0') + std::string(kPage, '1') + std::string(kPage, '2'));
  int fd = open((dir / "file").c_str(), O_RDONLY);
  auto* memory = static_cast<char*>(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, fd, 2 * kPage));
  CHECK(memory != MAP_FAILED);
  CHECK_EQ(memory[0], '2');
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, fd, 100)), EINVAL);
  munmap(memory, kPage);
  close(fd);
}

CASE(shared_mapping_writes_the_file) {
  TemporaryDir dir;
  put_file(dir / "file", std::string(2 * kPage, 'a'));
  int fd = open((dir / "file").c_str(), O_RDWR);
  auto* memory = static_cast<char*>(mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  CHECK(memory != MAP_FAILED);
  memory[kPage] = 'Z';
  CHECK_EQ(msync(memory, 2 * kPage, MS_SYNC), 0);
  CHECK_EQ(get_file(dir / "file")[kPage], 'Z');
  memory[1] = 'Y';
  CHECK_EQ(munmap(memory, 2 * kPage), 0);
  CHECK_EQ(get_file(dir / "file")[1], 'Y');
  close(fd);
}

CASE(access_beyond_the_end_is_sigbus) {
  TemporaryDir dir;
  put_file(dir / "file", "short");
  int fd = open((dir / "file").c_str(), O_RDONLY);
  auto* memory = static_cast<volatile char*>(mmap(nullptr, 2 * kPage, PROT_READ, MAP_PRIVATE, fd, 0));
  CHECK(memory != MAP_FAILED);
  static volatile int seen;
  seen = 0;
  struct sigaction action = {};
  action.sa_handler = [](int signal) {
    seen = signal;
    siglongjmp(escape, 1);
  };
  sigaction(SIGBUS, &action, nullptr);
  if (sigsetjmp(escape, 1) == 0) (void)memory[kPage];
  CHECK_EQ(seen, SIGBUS);
  munmap(const_cast<char*>(memory), 2 * kPage);
  close(fd);
}

CASE(permissions_follow_the_descriptor) {
  TemporaryDir dir;
  put_file(dir / "file", "x");
  int read_only = open((dir / "file").c_str(), O_RDONLY);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, read_only, 0)), EACCES);
  int write_only = open((dir / "file").c_str(), O_WRONLY);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, write_only, 0)), EACCES);
  int pipes[2];
  CHECK_EQ(pipe(pipes), 0);
  CHECK_ERRNO(reinterpret_cast<intptr_t>(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, pipes[0], 0)), ENODEV);
  close(read_only);
  close(write_only);
  close(pipes[0]);
  close(pipes[1]);
}

CASE(mapping_lives_after_close_and_unlink) {
  TemporaryDir dir;
  put_file(dir / "file", std::string(4 * kPage, 'q'));
  int fd = open((dir / "file").c_str(), O_RDONLY);
  auto* memory = static_cast<char*>(mmap(nullptr, 4 * kPage, PROT_READ, MAP_PRIVATE, fd, 0));
  CHECK(memory != MAP_FAILED);
  close(fd);
  unlink((dir / "file").c_str());
  for (size_t i = 0; i < 4 * kPage; i += kPage) CHECK_EQ(memory[i], 'q');
  munmap(memory, 4 * kPage);
}

CASE(memory_files) {
  int fd = memfd_create("test", MFD_CLOEXEC);
  CHECK(fd >= 0);
  CHECK_EQ(ftruncate(fd, 2 * kPage), 0);
  auto* memory = static_cast<char*>(mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  CHECK(memory != MAP_FAILED);
  memory[10] = 'm';
  char byte = 0;
  CHECK_EQ(msync(memory, 2 * kPage, MS_SYNC), 0);
  CHECK_EQ(pread(fd, &byte, 1, 10), 1);
  CHECK_EQ(byte, 'm');
  munmap(memory, 2 * kPage);
  close(fd);
}
