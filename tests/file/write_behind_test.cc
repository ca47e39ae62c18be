// Writes that nobody waits for: which may, how they leave, and what becomes of their errors.
#include "enclave/file/write_behind.h"

#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/syscall.h>

#include <algorithm>

#include "enclave/file/open.h"
#include "enclave/file/path_habits.h"
#include "enclave/file/seekable_file.h"
#include "tests/file/fake_host.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

class WriteBehindTest : public ::testing::Test {
 protected:
  WriteBehindTest() {
    file_ = open(O_RDWR | O_CREAT);
    EXPECT_TRUE(file_->sync(true).ok());
    static uint64_t now = 0;
    fake::set_now_ns(now += 1'000'000'000);  // what was known of the room is old
    EXPECT_TRUE(write_behind::may_wait(*file_->as_host_file()->descriptor(), O_RDWR, 1));
    fake::journal().clear();
  }
  ~WriteBehindTest() override { fake::set_now_ns(0); }
  Ref<File> open(int flags) {
    Ref<File> file = open_on_host(AT_FDCWD, path().c_str(), flags, 0600).take();
    file->as_host_file()->descriptor()->note_name(kHash, kDevice);
    return file;
  }
  Result<size_t> write(std::string text, uint64_t offset) {
    IoVector from = app_vector(text);
    return file_->write(from, offset);
  }
  std::string path() const { return directory_ / "f"; }
  static size_t made() { return fake::journal().numbers.size() + fake::journal().posted.size(); }

  static constexpr uint32_t kHash = 12345, kDevice = 77;
  ScratchDirectory directory_;
  fake::OnlyThreadGuard alone_;
  fake::BatchingGuard batching_;
  Ref<File> file_;
};

TEST_F(WriteBehindTest, AWriteLeavesWithTheNextCrossing) {
  EXPECT_EQ(write("hello", 3).value_or(0), 5u);
  EXPECT_EQ(made(), 0u);
  fake::cross();
  EXPECT_EQ(contents_of(path()), std::string("\0\0\0hello", 8));
}

TEST_F(WriteBehindTest, PiecesThatFollowEachOtherAreOne) {
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece(static_cast<size_t>(i % 50 + 1), static_cast<char>('a' + i % 26));
    EXPECT_EQ(write(piece, expected.size()).value_or(0), piece.size());
    expected += piece;
  }
  fake::cross();
  EXPECT_LE(fake::journal().posted.size(), 3u);
  EXPECT_EQ(contents_of(path()), expected);
}

TEST_F(WriteBehindTest, TheLastOneWins) {
  EXPECT_TRUE(write("aaaa", 0).ok());
  EXPECT_TRUE(write("bb", 1).ok());
  EXPECT_TRUE(write("c", 2).ok());
  fake::cross();
  EXPECT_EQ(contents_of(path()), "abca");
}

TEST_F(WriteBehindTest, OnlyWhatIsSyncedWaits) {
  file_ = nullptr;
  path_habits::note_synced(kHash, false);
  file_ = open(O_RDWR);
  EXPECT_TRUE(write("x", 0).ok());
  EXPECT_EQ(fake::journal().numbers.back(), static_cast<uint64_t>(SYS_pwrite64));
}

TEST_F(WriteBehindTest, TheHabitOutlivesTheFile) {
  file_ = nullptr;
  file_ = open(O_RDWR);
  fake::journal().clear();
  EXPECT_TRUE(write("x", 0).ok());
  EXPECT_EQ(made(), 0u);
}

TEST_F(WriteBehindTest, WhoClosesWithoutSyncingIsWaitedForFromThenOn) {
  EXPECT_TRUE(write("x", 0).ok());
  EXPECT_TRUE(file_->flush().ok());
  EXPECT_EQ(contents_of(path()), "x");
  fake::journal().clear();
  EXPECT_TRUE(write("y", 0).ok());
  EXPECT_EQ(fake::journal().numbers.size(), 1u);
}

TEST_F(WriteBehindTest, LargeOnesAppendsAndLimitsDoNotWait) {
  EXPECT_TRUE(write(std::string(write_behind::kLargestWrite + 1, 'x'), 0).ok());
  EXPECT_EQ(fake::journal().numbers.size(), 1u);
  fake::set_file_size_limit(1 << 20);
  EXPECT_TRUE(write("x", 0).ok());
  fake::set_file_size_limit(UINT64_MAX);
  EXPECT_EQ(fake::journal().numbers.size(), 2u);
  for (const int flags : {O_APPEND, O_DSYNC, O_DIRECT}) {
    file_ = nullptr;
    EXPECT_FALSE(write_behind::may_wait(*open(O_RDWR)->as_host_file()->descriptor(), O_RDWR | flags, 1));
  }
}

TEST_F(WriteBehindTest, WhereThereIsLittleRoomNothingWaits) {
  fake::set_now_ns(uint64_t{1} << 50);
  fake::KernelGuard guard([](const fake::Call& call) -> int64_t {
    const int64_t honest = fake::real_kernel(call);
    if (call.number == SYS_fstatfs) memset(reinterpret_cast<uint64_t*>(call.arguments[1]) + 2, 0, 24);
    return call.number == SYS_pwrite64 ? -ENOSPC : honest;
  });
  EXPECT_EQ(write("x", 0).error(), Errno(ENOSPC));
}

// What becomes of errors.

fake::Kernel writes_fail_with(int64_t result) {
  return fake::lie_about(SYS_pwrite64, [result](const fake::Call&) { return result; });
}

TEST_F(WriteBehindTest, ASyncTellsTheErrorOnce) {
  {
    fake::KernelGuard guard(writes_fail_with(-ENOSPC));
    EXPECT_TRUE(write("x", 0).ok());
    fake::cross();
  }
  EXPECT_EQ(file_->sync(true).error(), Errno(ENOSPC));
  EXPECT_TRUE(file_->sync(true).ok());
}

TEST_F(WriteBehindTest, SoDoTheNextWriteAndClose) {
  fake::KernelGuard guard(writes_fail_with(-EIO));
  EXPECT_TRUE(write("x", 0).ok());
  fake::cross();
  EXPECT_EQ(write("y", 0).error(), Errno(EIO));
  EXPECT_TRUE(write("z", 0).ok());
  EXPECT_EQ(file_->flush().error(), Errno(EIO));
}

TEST_F(WriteBehindTest, TheRestOfAShortWriteFollows) {
  int calls = 0;
  fake::KernelGuard guard([&calls](const fake::Call& call) -> int64_t {
    if (call.number != SYS_pwrite64 || calls++ > 0) return fake::real_kernel(call);
    fake::Call half = call;
    half.arguments[2] = 3;
    return fake::real_kernel(half);
  });
  EXPECT_TRUE(write("0123456789", 0).ok());
  fake::journal().clear();
  EXPECT_TRUE(file_->sync(false).ok());
  EXPECT_EQ(contents_of(path()), "0123456789");
}

TEST_F(WriteBehindTest, NoRoomForTheRestIsTold) {
  int calls = 0;
  fake::KernelGuard guard(fake::lie_about(
      SYS_pwrite64, [&calls](const fake::Call&) -> int64_t { return calls++ == 0 ? 3 : -ENOSPC; }));
  EXPECT_TRUE(write("0123456789", 0).ok());
  fake::cross();
  EXPECT_EQ(file_->sync(false).error(), Errno(ENOSPC));
}

TEST_F(WriteBehindTest, AHostThatWritesNothingIsAnError) {
  fake::KernelGuard guard(writes_fail_with(0));
  EXPECT_TRUE(write("x", 0).ok());
  fake::cross();
  EXPECT_EQ(file_->sync(false).error(), Errno(EIO));
}

TEST_F(WriteBehindTest, MoreThanWasHandedOverIsAViolation) {
  fake::KernelGuard guard(writes_fail_with(11));
  EXPECT_TRUE(write("0123456789", 0).ok());
  EXPECT_THROW(fake::cross(), fake::Violation);
}

TEST_F(WriteBehindTest, AFaultInTheMiddleCutsTheWrite) {
  std::string text(200, 'x');
  const fake::UnmappedRange gone(text.data() + 100, 100);
  IoVector from = app_vector(text);
  EXPECT_EQ(file_->write(from, 0).error(), Errno(EFAULT));
}

TEST_F(WriteBehindTest, WithoutMemoryAWriteIsWaitedFor) {
  fake::MemoryShortage shortage;
  EXPECT_EQ(write("first", 0).value_or(0), 5u);
  EXPECT_EQ(contents_of(path()), "first");
}

}  // namespace
}  // namespace scone::file
