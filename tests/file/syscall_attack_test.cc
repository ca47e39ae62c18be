// A host that lies to the system calls about files: what it says is checked before it counts.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>

#include "enclave/file/fd_table.h"
#include "enclave/file/open.h"
#include "enclave/mm/backing.h"
#include "enclave/syscall/descriptor.h"
#include "enclave/syscall/dir.h"
#include "enclave/syscall/open.h"
#include "enclave/syscall/path.h"
#include "enclave/syscall/sendfile.h"
#include "enclave/syscall/stat.h"
#include "enclave/syscall/xattr.h"
#include "tests/file/fake_host.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

template <typename T>
AppPtr<T> in_app(T* object) {
  return AppPtr<T>(reinterpret_cast<uint64_t>(object));
}
AppPtr<const char> in_app(const std::string& text) {
  return AppPtr<const char>(reinterpret_cast<uint64_t>(text.c_str()));
}

class SyscallAttack : public ::testing::Test {
 protected:
  SyscallAttack() {
    std::ofstream(path) << "contents of the file";
    fd = syscall::sys_open(in_app(path), O_RDWR, 0).value_or(-1);
    other = syscall::sys_open(in_app(directory / "other"), O_RDWR | O_CREAT, 0600).value_or(-1);
  }
  ~SyscallAttack() override { fd_table().close_all(); }

  // The answer to call number `number` is `text` in the buffer given as argument `index`, and `result`.
  static fake::Kernel answer(uint64_t number, int index, std::string text, int64_t result) {
    return fake::lie_about(number, [=](const fake::Call& call) {
      memcpy(reinterpret_cast<void*>(call.arguments[index]), text.data(), text.size());
      return result;
    });
  }

  ScratchDirectory directory;
  const std::string path = directory / "file";
  int fd = -1, other = -1;
  char buffer[4096];
};

TEST_F(SyscallAttack, CurrentDirectoryLongerThanItsBuffer) {
  fake::KernelGuard liar(answer(SYS_getcwd, 0, "/", 5000));
  EXPECT_THROW((void)syscall::sys_getcwd(in_app(buffer), sizeof buffer), fake::Violation);
}

TEST_F(SyscallAttack, CurrentDirectoryThatIsNoPath) {
  for (const auto& [text, size] :
       {std::pair<std::string, int64_t>{"", 0}, {"relative", 9}, {std::string("/a\0b", 4), 5}}) {
    fake::KernelGuard liar(answer(SYS_getcwd, 0, text + '\0', size));
    EXPECT_THROW((void)syscall::sys_getcwd(in_app(buffer), sizeof buffer), fake::Violation) << text;
  }
}

TEST_F(SyscallAttack, LinkLongerThanItsBuffer) {
  fake::KernelGuard liar(answer(SYS_readlinkat, 2, "x", 5000));
  EXPECT_THROW((void)syscall::sys_readlink(in_app(path), in_app(buffer), sizeof buffer), fake::Violation);
}

TEST_F(SyscallAttack, LinkToNowhere) {
  fake::KernelGuard liar(answer(SYS_readlinkat, 2, "x", 0));
  EXPECT_THROW((void)syscall::sys_readlink(in_app(path), in_app(buffer), sizeof buffer), fake::Violation);
}

TEST_F(SyscallAttack, AttributesOfNoFile) {
  struct stat result;
  fake::KernelGuard liar(fake::lie_about(SYS_newfstatat, [](const fake::Call& call) {
    fake::real_kernel(call);
    reinterpret_cast<struct stat*>(call.arguments[2])->st_mode = ~0u;
    return 0;
  }));
  EXPECT_THROW((void)syscall::sys_stat(in_app(path), in_app(&result)), fake::Violation);
}

TEST_F(SyscallAttack, ExtendedAttributesOfNoFile) {
  struct statx result;
  fake::KernelGuard liar(fake::lie_about(SYS_statx, [](const fake::Call& call) {
    fake::real_kernel(call);
    reinterpret_cast<struct statx*>(call.arguments[4])->stx_size = UINT64_MAX;
    return 0;
  }));
  EXPECT_THROW((void)syscall::sys_statx(AT_FDCWD, in_app(path), 0, STATX_ALL, in_app(&result)),
               fake::Violation);
}

TEST_F(SyscallAttack, FileSystemOfBlocksWithoutSize) {
  struct statfs result;
  fake::KernelGuard liar(fake::lie_about(SYS_fstatfs, [](const fake::Call& call) {
    fake::real_kernel(call);
    reinterpret_cast<struct statfs*>(call.arguments[1])->f_bsize = 0;
    return 0;
  }));
  EXPECT_THROW((void)syscall::sys_fstatfs(fd, in_app(&result)), fake::Violation);
}

TEST_F(SyscallAttack, ValueLongerThanItsBuffer) {
  const std::string name = "user.x";
  fake::KernelGuard liar(fake::lie_about(
      SYS_getxattr, [](const fake::Call& call) { return static_cast<int64_t>(call.arguments[3] + 1); }));
  EXPECT_THROW((void)syscall::sys_getxattr(in_app(path), in_app(name), app(buffer), 100), fake::Violation);
}

TEST_F(SyscallAttack, ListThatNobodyCouldAllocate) {
  fake::KernelGuard liar(fake::lie_about(SYS_flistxattr, [](const fake::Call&) { return int64_t{1} << 40; }));
  EXPECT_THROW((void)syscall::sys_flistxattr(fd, in_app(buffer), 0), fake::Violation);
}

TEST_F(SyscallAttack, CopyOfMoreThanWasAskedFor) {
  fake::KernelGuard liar(fake::lie_about(SYS_copy_file_range, [](const fake::Call& call) {
    return static_cast<int64_t>(call.arguments[4] + 1);
  }));
  EXPECT_THROW((void)syscall::sys_copy_file_range(fd, {}, other, {}, 5, 0), fake::Violation);
}

TEST_F(SyscallAttack, WatchThatIsNoNumber) {
  const int watcher = syscall::sys_inotify_init1(0).value_or(-1);
  ASSERT_GE(watcher, 0);
  fake::KernelGuard liar(
      fake::lie_about(SYS_inotify_add_watch, [](const fake::Call&) { return int64_t{1} << 33; }));
  EXPECT_THROW((void)syscall::sys_inotify_add_watch(watcher, in_app(path), 2), fake::Violation);
}

TEST_F(SyscallAttack, LockOfNoKind) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  fake::KernelGuard liar(fake::lie_about(SYS_fcntl, [](const fake::Call& call) {
    if (call.arguments[1] == F_GETLK) reinterpret_cast<struct flock*>(call.arguments[2])->l_type = 77;
    return 0;
  }));
  EXPECT_THROW((void)syscall::sys_fcntl(fd, F_GETLK, reinterpret_cast<uint64_t>(&lock)), fake::Violation);
}

// What the host sees of a lock is the request and nothing else of the program's memory.
TEST_F(SyscallAttack, SecretsInThePaddingOfALock) {
  struct flock lock;
  memset(&lock, 'S', sizeof lock);
  lock.l_type = F_RDLCK;
  lock.l_whence = 0;
  lock.l_start = lock.l_len = 0;
  lock.l_pid = 0;
  std::string seen;
  fake::KernelGuard spy(fake::lie_about(SYS_fcntl, [&](const fake::Call& call) {
    seen.assign(reinterpret_cast<const char*>(call.arguments[2]), sizeof lock);
    return 0;
  }));
  ASSERT_TRUE(syscall::sys_fcntl(fd, F_SETLK, reinterpret_cast<uint64_t>(&lock)).ok());
  EXPECT_EQ(seen.find('S'), std::string::npos);
}

// The host does not know our positions: relative locks are made absolute before it sees them.
TEST_F(SyscallAttack, LockRelativeToAPositionTheHostMadeUp) {
  ASSERT_TRUE(fd_table().get(fd).value()->seek(7, SEEK_SET).ok());
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_CUR;
  lock.l_start = 3;
  lock.l_len = 2;
  struct flock seen {};
  fake::KernelGuard spy(fake::lie_about(SYS_fcntl, [&](const fake::Call& call) {
    memcpy(&seen, reinterpret_cast<const void*>(call.arguments[2]), sizeof seen);
    return 0;
  }));
  ASSERT_TRUE(syscall::sys_fcntl(fd, F_SETLK, reinterpret_cast<uint64_t>(&lock)).ok());
  EXPECT_EQ(seen.l_whence, SEEK_SET);
  EXPECT_EQ(seen.l_start, 10);
  EXPECT_EQ(lock.l_start, 3) << "the program's struct stays as it was";
}

}  // namespace
}  // namespace scone::file
