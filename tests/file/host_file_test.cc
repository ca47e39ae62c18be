// Locks and syncs of files that the host holds: which calls wait for an answer, and what becomes of errors.
#include "enclave/file/host_file.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "enclave/file/fd_table.h"
#include "enclave/syscall/descriptor.h"
#include "enclave/syscall/open.h"
#include "tests/file/fake_host.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

class HostFileTest : public ::testing::Test {
 protected:
  HostFileTest() {
    std::ofstream(path_) << "contents";
    fd_ = syscall::sys_open(AppPtr<const char>(reinterpret_cast<uint64_t>(path_.c_str())), O_RDWR, 0)
              .value_or(-1);
    batching_.emplace();  // only now: opening would ask the runner, which is not here
    fake::journal().clear();
  }
  ~HostFileTest() override { fd_table().close_all(); }
  Errno lock(short type) {
    struct flock range = {};
    range.l_type = type;
    const auto result = syscall::sys_fcntl(fd_, F_SETLK, reinterpret_cast<uint64_t>(&range));
    return result.ok() ? Errno(0) : result.error();
  }
  static bool asked(uint64_t number) { return std::ranges::count(fake::journal().numbers, number) > 0; }
  Ref<File> file() { return fd_table().get(fd_).take(); }

  ScratchDirectory directory_;
  const std::string path_ = directory_ / "file";
  int fd_ = -1;
  std::optional<fake::BatchingGuard> batching_;
};

TEST_F(HostFileTest, TheOnlyThreadDoesNotWaitForAnUnlock) {
  fake::OnlyThreadGuard alone;
  EXPECT_EQ(lock(F_WRLCK), Errno(0));
  EXPECT_TRUE(asked(SYS_fcntl));
  fake::journal().clear();
  EXPECT_EQ(lock(F_UNLCK), Errno(0));
  EXPECT_FALSE(asked(SYS_fcntl));
  fake::cross();
  EXPECT_EQ(fake::journal().posted, std::vector<uint64_t>{SYS_fcntl});
}

TEST_F(HostFileTest, OneOfSeveralThreadsWaitsForIt) {
  EXPECT_EQ(lock(F_WRLCK), Errno(0));
  fake::journal().clear();
  EXPECT_EQ(lock(F_UNLCK), Errno(0));
  EXPECT_TRUE(asked(SYS_fcntl));
}

TEST_F(HostFileTest, AnUnlockThatFailedIsToldByTheNextLock) {
  fake::OnlyThreadGuard alone;
  EXPECT_EQ(lock(F_WRLCK), Errno(0));
  EXPECT_EQ(lock(F_UNLCK), Errno(0));
  {
    fake::KernelGuard liar(fake::lie_about(SYS_fcntl, [](const fake::Call&) { return -ENOLCK; }));
    fake::cross();
  }
  EXPECT_EQ(lock(F_RDLCK), Errno(ENOLCK));
  EXPECT_EQ(lock(F_RDLCK), Errno(0));  // once
}

TEST_F(HostFileTest, AnImpossibleAnswerToAnUnlockIsAViolation) {
  fake::OnlyThreadGuard alone;
  EXPECT_EQ(lock(F_UNLCK), Errno(0));
  fake::KernelGuard liar(fake::lie_about(SYS_fcntl, [](const fake::Call&) { return int64_t{-100'000}; }));
  EXPECT_THROW(fake::cross(), fake::Violation);
}

TEST_F(HostFileTest, WithoutMemoryAnUnlockIsWaitedFor) {
  fake::OnlyThreadGuard alone;
  EXPECT_EQ(lock(F_WRLCK), Errno(0));
  fake::journal().clear();
  fake::MemoryShortage shortage;
  EXPECT_EQ(lock(F_UNLCK), Errno(0));
  EXPECT_TRUE(asked(SYS_fcntl));
}

TEST_F(HostFileTest, ASyncThatIsQuickNeedsNoHelperTheNextTime) {
  EXPECT_TRUE(file()->sync(false).ok());
  EXPECT_EQ(fake::journal().blocking, std::vector<uint64_t>{SYS_fsync});
  EXPECT_TRUE(file()->sync(true).ok());
  EXPECT_EQ(fake::journal().blocking.size(), 1u);
  EXPECT_TRUE(asked(SYS_fdatasync));
}

TEST_F(HostFileTest, ASyncThatTakesLongHasAHelperAgain) {
  EXPECT_TRUE(file()->sync(false).ok());
  {
    fake::KernelGuard slow(fake::lie_about(SYS_fsync, [](const fake::Call&) {
      fake::set_now_ns(1'000'000);
      return int64_t{0};
    }));
    EXPECT_TRUE(file()->sync(false).ok());
  }
  EXPECT_EQ(fake::journal().blocking.size(), 1u);
  EXPECT_TRUE(file()->sync(false).ok());
  EXPECT_EQ(fake::journal().blocking.size(), 2u);
  fake::set_now_ns(0);
}

TEST_F(HostFileTest, TheOnlyThreadSyncsItself) {
  fake::OnlyThreadGuard alone;
  EXPECT_TRUE(file()->sync(false).ok());
  EXPECT_TRUE(fake::journal().blocking.empty());
}

TEST_F(HostFileTest, ASyncThatFailsSaysSo) {
  fake::KernelGuard broken(fake::lie_about(SYS_fsync, [](const fake::Call&) { return -EIO; }));
  EXPECT_EQ(file()->sync(false).error(), Errno(EIO));
}

}  // namespace
}  // namespace scone::file
