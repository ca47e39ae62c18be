// Files that are kept inside while nobody else has them: over the real kernel's leases, and over a kernel that lies.
#include "enclave/file/delegation.h"

#include <gtest/gtest.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "abi/border.h"
#include "enclave/file/open.h"
#include "enclave/file/record_lock.h"
#include "enclave/file/seekable_file.h"
#include "tests/file/fake_host.h"
#include "tests/file/native.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

class DelegationTest : public ::testing::Test {
 protected:
  DelegationTest() {
    signal(abi::kLeaseSignal, SIG_IGN);  // recalled by hand here
    fake::set_now_ns(kSecond);
    auto opened = open_on_host(AT_FDCWD, path().c_str(), O_RDWR | O_CREAT, 0600);
    file_ = opened.take();
    descriptor().note_name(1, 77);
    EXPECT_TRUE(write("0123456789").ok());
  }
  ~DelegationTest() override {
    file_ = nullptr;
    fake::set_now_ns(0);
  }

  std::string path() const { return directory_ / "f"; }
  HostDescriptor& descriptor() { return *file_->as_host_file()->descriptor(); }
  bool held() { return descriptor().delegation() && descriptor().delegation()->held(); }

  Result<void> lock(int type, int64_t begin, int64_t length, int command = F_SETLK) {
    struct flock lock = {};
    lock.l_type = static_cast<short>(type);
    lock.l_start = begin;
    lock.l_len = length;
    return record_lock(*file_, command, app(&lock));
  }
  // Locks and unlocks until the file is asked for.
  void settle() {
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(lock(F_WRLCK, 0, 0).ok());
      EXPECT_TRUE(lock(F_UNLCK, 0, 0).ok());
    }
  }
  Result<size_t> write(std::string text, uint64_t offset = 0) {
    IoVector from = app_vector(text);
    return file_->write(from, offset);
  }
  std::string read(size_t size, uint64_t offset) {
    std::string text(size, '?');
    IoVector to = app_vector(text);
    Result<size_t> count = file_->read(to, offset);
    if (!count.ok()) return "errno " + std::to_string(count.error().code());
    text.resize(count.value());
    return text;
  }
  static long calls(uint64_t number) {
    const auto& numbers = fake::journal().numbers;
    return std::count(numbers.begin(), numbers.end(), number);
  }
  // As another process would see it: -1 while there is a lease.
  int open_elsewhere() {
    return static_cast<int>(syscall(SYS_open, path().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  }
  // Whether a lock of another kind of owner in [begin, begin + length) conflicts with one of the process's.
  bool is_locked(int fd, int type, int64_t begin, int64_t length) {
    struct flock lock = {};
    lock.l_type = static_cast<short>(type);
    lock.l_start = begin;
    lock.l_len = length;
    EXPECT_EQ(syscall(SYS_fcntl, fd, F_OFD_GETLK, &lock), 0);
    return lock.l_type != F_UNLCK;
  }

  ScratchDirectory directory_;
  Ref<File> file_;
};

TEST_F(DelegationTest, AFileThatIsLockedAgainAndAgainIsKeptInside) {
  settle();
  ASSERT_TRUE(held());
  EXPECT_EQ(open_elsewhere(), -1) << "the kernel knows";
  fake::journal().clear();
  EXPECT_EQ(read(4, 3), "3456");
  EXPECT_EQ(calls(SYS_pread64), 1);
  fake::journal().clear();
  settle();
  EXPECT_EQ(read(100, 5), "56789");
  EXPECT_EQ(read(100, 10), "");
  EXPECT_TRUE(fake::journal().numbers.empty());
}

TEST_F(DelegationTest, WritesGoThroughAndAreSeen) {
  settle();
  EXPECT_EQ(read(10, 0), "0123456789");
  EXPECT_EQ(write("ab", 4).value_or(0), 2u);
  EXPECT_EQ(write("end", 5000).value_or(0), 3u);
  EXPECT_EQ(read(12, 0), std::string("0123ab6789\0\0", 12));
  EXPECT_EQ(read(100, 4999), std::string("\0end", 4));
  recall_all_delegations();
  EXPECT_EQ(contents_of(path()).size(), 5003u);
}

TEST_F(DelegationTest, ARecallPlacesTheLocksOnTheHost) {
  settle();
  EXPECT_TRUE(lock(F_WRLCK, 10, 10).ok());
  EXPECT_TRUE(lock(F_UNLCK, 15, 1).ok());
  EXPECT_TRUE(lock(F_RDLCK, 100, 0).ok());
  recall_all_delegations();
  EXPECT_FALSE(held());
  const int other = open_elsewhere();
  ASSERT_GE(other, 0);
  EXPECT_TRUE(is_locked(other, F_RDLCK, 14, 1));
  EXPECT_FALSE(is_locked(other, F_WRLCK, 15, 1));
  EXPECT_TRUE(is_locked(other, F_RDLCK, 16, 1));
  EXPECT_FALSE(is_locked(other, F_WRLCK, 20, 80));
  EXPECT_TRUE(is_locked(other, F_WRLCK, 1'000'000, 1));
  EXPECT_FALSE(is_locked(other, F_RDLCK, 1'000'000, 1));
  close(other);
}

TEST_F(DelegationTest, LocksFromBeforeAreGivenUpOnTheHost) {
  EXPECT_TRUE(lock(F_WRLCK, 50, 1).ok());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(lock(F_WRLCK, 60, 1).ok());
  ASSERT_TRUE(held());
  EXPECT_TRUE(lock(F_UNLCK, 50, 1).ok());
  recall_all_delegations();
  const int other = open_elsewhere();
  ASSERT_GE(other, 0);
  EXPECT_FALSE(is_locked(other, F_WRLCK, 50, 1));
  EXPECT_TRUE(is_locked(other, F_WRLCK, 60, 1));
  close(other);
}

TEST_F(DelegationTest, ClosingADescriptorDropsThem) {
  settle();
  EXPECT_TRUE(lock(F_WRLCK, 10, 10).ok());
  file_->descriptor_closed();
  recall_all_delegations();
  const int other = open_elsewhere();
  ASSERT_GE(other, 0);
  EXPECT_FALSE(is_locked(other, F_WRLCK, 0, 0));
  close(other);
}

TEST_F(DelegationTest, WhatItDoesNotKnowOfRecallsIt) {
  settle();
  EXPECT_TRUE(file_->truncate(5).ok());
  EXPECT_FALSE(held());
  EXPECT_EQ(read(10, 0), "01234");
}

TEST_F(DelegationTest, SomebodyWhoHasItOpenKeepsItOnTheHost) {
  const int other = open_elsewhere();
  settle();
  EXPECT_FALSE(held());
  close(other);
  fake::journal().clear();
  settle();
  EXPECT_FALSE(held()) << "not asked again at once";
  fake::set_now_ns(3 * kSecond);
  settle();
  EXPECT_TRUE(held());
}

TEST_F(DelegationTest, LocksOfDescriptionsAreTheHosts) {
  settle();
  EXPECT_TRUE(lock(F_WRLCK, 0, 1, F_OFD_SETLK).ok());
  EXPECT_TRUE(lock(F_UNLCK, 0, 1, F_OFD_SETLK).ok());
  fake::set_now_ns(10 * kSecond);
  settle();
  EXPECT_FALSE(held());
}

TEST_F(DelegationTest, AFileWithoutANameOfOursIsNotAskedFor) {
  auto opened = open_on_host(AT_FDCWD, (directory_ / "g").c_str(), O_RDWR | O_CREAT, 0600);
  file_ = opened.take();
  settle();
  EXPECT_FALSE(descriptor().delegation());
}

// The host lies.

TEST_F(DelegationTest, MoreThanAskedForIsAViolation) {
  settle();
  fake::KernelGuard guard(fake::lie_about(SYS_pread64, [](const fake::Call& call) -> int64_t {
    return static_cast<int64_t>(call.arguments[2]) + 1;
  }));
  EXPECT_THROW(read(4, 0), fake::Violation);
}

TEST_F(DelegationTest, AFileThatEndsEarlierEndsThere) {
  settle();
  fake::KernelGuard guard(fake::lie_about(SYS_pread64, [](const fake::Call&) -> int64_t { return 3; }));
  EXPECT_EQ(read(10, 0).size(), 3u);
  EXPECT_EQ(read(10, 3), "");
}

TEST_F(DelegationTest, AnErrorOfTheDiskIsToldAndNotRemembered) {
  settle();
  {
    fake::KernelGuard guard(fake::lie_about(SYS_pread64, [](const fake::Call&) -> int64_t { return -EIO; }));
    EXPECT_EQ(read(4, 0), "errno 5");
  }
  EXPECT_EQ(read(4, 0), "0123");
}

TEST_F(DelegationTest, AnImpossibleSizeIsAViolation) {
  fake::KernelGuard guard([](const fake::Call& call) -> int64_t {
    const int64_t honest = fake::real_kernel(call);
    if (call.number == SYS_fstat) reinterpret_cast<struct ::stat*>(call.arguments[1])->st_size = -1;
    return honest;
  });
  EXPECT_THROW(settle(), fake::Violation);
}

TEST_F(DelegationTest, AFileSystemOfTheNetworkIsLeftToTheHost) {
  fake::KernelGuard guard([](const fake::Call& call) -> int64_t {
    const int64_t honest = fake::real_kernel(call);
    if (call.number == SYS_fstatfs) *reinterpret_cast<uint64_t*>(call.arguments[1]) = NFS_SUPER_MAGIC;
    return honest;
  });
  settle();
  EXPECT_FALSE(held());
  const int other = open_elsewhere();
  EXPECT_GE(other, 0) << "the lease was given back";
  close(other);
}

// Whoever relies on a lock that is gone must not go on.
TEST_F(DelegationTest, LocksThatCannotBePlacedStopReadsAndWrites) {
  settle();
  EXPECT_TRUE(lock(F_WRLCK, 0, 1).ok());
  {
    fake::KernelGuard guard([](const fake::Call& call) -> int64_t {
      return call.number == SYS_fcntl && call.arguments[1] == F_SETLK ? -EAGAIN : fake::real_kernel(call);
    });
    recall_all_delegations();
  }
  EXPECT_EQ(read(1, 0), "errno 5");
  EXPECT_EQ(write("x").error(), Errno(EIO));
  EXPECT_TRUE(lock(F_UNLCK, 0, 0).ok());
  EXPECT_EQ(read(1, 0), "0");
}

// Stopped for so long that the kernel took the lease, and another the lock: the first thing the program does finds out.
TEST_F(DelegationTest, WhoIsWantedGivesItBackBeforeItGoesOn) {
  for (const int what : {0, 1, 2}) {
    fake::set_now_ns(100 * kSecond * static_cast<uint64_t>(what + 1));
    settle();
    ASSERT_TRUE(held());
    EXPECT_TRUE(lock(F_WRLCK, 0, 1).ok());
    fake::KernelGuard guard([](const fake::Call& call) -> int64_t {
      return call.number == SYS_fcntl && call.arguments[1] == F_SETLK ? -EAGAIN : fake::real_kernel(call);
    });
    fake::set_recall_due(true);
    if (what == 0) {
      EXPECT_EQ(read(1, 0), "errno 5");
    } else if (what == 1) {
      EXPECT_EQ(write("x").error(), Errno(EIO));
    } else {
      EXPECT_EQ(lock(F_WRLCK, 1, 1).error(), Errno(EAGAIN));
    }
    fake::set_recall_due(false);
    EXPECT_FALSE(held());
    file_->descriptor_closed();
  }
  EXPECT_EQ(read(1, 0), "0") << "nothing was written";
}

TEST_F(DelegationTest, WithoutMemoryTheHostIsAsked) {
  settle();
  fake::MemoryShortage shortage;
  EXPECT_EQ(read(4, 2), "2345");
}

}  // namespace
}  // namespace scone::file
