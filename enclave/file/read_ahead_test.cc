// How much is read, and when what is here is used.
#include "enclave/file/read_ahead.h"

#include <asm/unistd.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/file/fake_host.h"

namespace scone::file::read_ahead {
namespace {

class ReadAheadTest : public testing::Test {
 protected:
  // A number of its own: what is known of a file's readings outlives the test.
  static int open_another() {
    static int lowest = 100;
    const int file = open(".", O_TMPFILE | O_RDWR, 0600), fd = fcntl(file, F_DUPFD, lowest++);
    close(file);
    return fd;
  }
  ReadAheadTest()
      : fd_(open_another()),
        file_(HostDescriptor::create(HostFd::adopt(static_cast<uint64_t>(fd_)).take()).take()) {
    for (int i = 0; i < 40'000; ++i) content_ += static_cast<char>('a' + i % 23);
    EXPECT_EQ(pwrite(fd_, content_.data(), content_.size(), 0), static_cast<ssize_t>(content_.size()));
    file_->note_size(content_.size());
    cross();
    fake::journal().clear();
  }
  ~ReadAheadTest() override { cross(); }
  static void cross() {
    fake::cross();
    forget_all();
  }
  // What the program gets; a call of the host is a crossing.
  std::string get(uint64_t offset, size_t size) {
    std::string text(size, '-');
    IoVector to = IoVector::of_runtime(text.data(), size);
    fake::cross();
    const Result<size_t> count = read(*file_, to, offset);
    text.resize(count.ok() ? count.value() : 0);
    return text;
  }
  static size_t calls() { return fake::journal().numbers.size(); }

  fake::BatchingGuard batching_;
  const int fd_;  // file_'s
  const Ref<HostDescriptor> file_;
  std::string content_;
};

TEST_F(ReadAheadTest, WhoReadsOnFindsMoreThanAskedFor) {
  std::string all;
  for (std::string piece; !(piece = get(all.size(), 1000)).empty();) all += piece;
  EXPECT_EQ(all, content_);
  EXPECT_LT(calls(), 10u);
}

TEST_F(ReadAheadTest, ReadsHereAndThereReadNothingMore) {
  for (uint64_t offset : {100, 9000, 300, 20'000, 5000})
    EXPECT_EQ(get(offset, 10), content_.substr(offset, 10));
  EXPECT_EQ(calls(), 5u);
}

TEST_F(ReadAheadTest, ACrossingMakesItForgotten) {
  get(0, 1000), get(1000, 1000);
  ASSERT_EQ(pwrite(fd_, "changed", 7, 2000), 7);
  cross();
  EXPECT_EQ(get(2000, 7), "changed");
}

TEST_F(ReadAheadTest, WhereNothingIsEverUsedItStops) {
  int large = 0;
  fake::KernelGuard counts([&](const fake::Call& call) {
    large += call.number == __NR_pread64 && call.arguments[2] > 100;
    return fake::real_kernel(call);
  });
  size_t offset = 0;
  for (int i = 0; i < 20; ++i) {
    get(offset, 100);
    offset += 100;
    cross();  // as a program that copies
  }
  EXPECT_EQ(calls(), 20u);
  EXPECT_EQ(large, 2);  // as many tries as it takes to be sure
}

TEST_F(ReadAheadTest, TheEndIsAShortRead) {
  get(0, 19'990), get(19'990, 19'990);
  EXPECT_EQ(get(39'980, 1000), content_.substr(39'980));
  EXPECT_EQ(get(40'000, 1000), "");
}

TEST_F(ReadAheadTest, OfAFileWithoutSizeNothingIsReadAhead) {
  file_->note_size(0);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(get(static_cast<uint64_t>(i) * 1000, 1000).size(), 1000u);
  EXPECT_EQ(calls(), 4u);
}

// A host that returns more than it was asked for.
TEST_F(ReadAheadTest, MoreThanAskedForIsAViolation) {
  fake::KernelGuard lies(fake::lie_about(
      __NR_pread64, [](const fake::Call& call) { return static_cast<int64_t>(call.arguments[2] + 1); }));
  EXPECT_THROW(get(0, 1000), fake::Violation);
  EXPECT_THROW((get(1000, 1000), get(2000, 1000)), fake::Violation);
}

}  // namespace
}  // namespace scone::file::read_ahead
