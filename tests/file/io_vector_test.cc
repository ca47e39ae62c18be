#include "enclave/file/io_vector.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <sys/uio.h>

#include <numeric>
#include <vector>

#include "tests/file/fake_host.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

Result<IoVector> from(const std::vector<iovec>& vectors) {
  return IoVector::from_app(AppPtr<const void>(reinterpret_cast<uint64_t>(vectors.data())), vectors.size());
}

TEST(IoVector, ScattersOverSegmentsAndSkipsEmptyOnes) {
  char a[3], b[5], c[4];
  auto vector = from({{a, 3}, {nullptr, 0}, {b, 5}, {c, 0}, {c, 4}});
  ASSERT_TRUE(vector.ok());
  EXPECT_EQ(vector.value().remaining(), 12u);
  EXPECT_EQ(vector.value().scatter("0123", 4).value_or(0), 4u);
  EXPECT_EQ(vector.value().remaining(), 8u);
  EXPECT_EQ(vector.value().scatter("456789abcdef", 12).value_or(0), 8u);
  EXPECT_EQ(std::string(a, 3) + std::string(b, 5) + std::string(c, 4), "0123456789ab");
  EXPECT_EQ(vector.value().scatter("x", 1).value_or(9), 0u);
}

TEST(IoVector, GathersInOrder) {
  char a[] = "abc", b[] = "defgh";
  auto vector = from({{a, 3}, {b, 5}});
  ASSERT_TRUE(vector.ok());
  char out[8];
  EXPECT_EQ(vector.value().gather(out, 4).value_or(0), 4u);
  EXPECT_EQ(vector.value().gather(out + 4, 100).value_or(0), 4u);
  EXPECT_EQ(std::string(out, 8), "abcdefgh");
}

TEST(IoVector, MovesThroughHostMemoryAtAnOffset) {
  auto host = HostBuffer::allocate(16);
  ASSERT_TRUE(host.ok());
  std::string text = "hello";
  IoVector out = app_vector(text);
  EXPECT_EQ(out.gather(host.value(), 3, 5).value_or(0), 5u);
  std::string back(5, '?');
  IoVector in = app_vector(back);
  EXPECT_EQ(in.scatter(host.value(), 3, 5).value_or(0), 5u);
  EXPECT_EQ(back, text);
}

TEST(IoVector, RefusesTooManyAndNegativeSegments) {
  char byte;
  EXPECT_EQ(from(std::vector<iovec>(1025, iovec{&byte, 1})).error(), Errno(EINVAL));
  EXPECT_TRUE(from(std::vector<iovec>(1024, iovec{&byte, 1})).ok());
  EXPECT_EQ(from({{&byte, 1}, {&byte, SIZE_MAX}}).error(), Errno(EINVAL));
  EXPECT_EQ(from({{&byte, size_t{1} << 63}}).error(), Errno(EINVAL));
}

TEST(IoVector, TakesNoSegmentsAtAll) {
  auto vector = IoVector::from_app(AppPtr<const void>(0), 0);
  ASSERT_TRUE(vector.ok());
  EXPECT_EQ(vector.value().remaining(), 0u);
  EXPECT_EQ(vector.value().scatter("x", 1).value_or(9), 0u);
}

TEST(IoVector, CutsTheTotalAsTheKernelDoes) {
  char byte;
  auto vector = from({{&byte, 0x40000000}, {&byte, 0x40000000}, {&byte, INT64_MAX}});
  ASSERT_TRUE(vector.ok());
  EXPECT_EQ(vector.value().remaining(), IoVector::kMaxTransfer);
  EXPECT_EQ(IoVector(app(&byte), SIZE_MAX).remaining(), IoVector::kMaxTransfer);
}

TEST(IoVector, FaultsInTheListAreErrors) {
  EXPECT_EQ(IoVector::from_app(AppPtr<const void>(8), 2).error(), Errno(EFAULT));
  fake::MemoryShortage shortage;
  char byte;
  EXPECT_EQ(from({{&byte, 1}, {&byte, 1}}).error(), Errno(ENOMEM));
  EXPECT_TRUE(from({{&byte, 1}}).ok()) << "one segment needs no memory";
}

TEST(IoVector, FaultAfterSomeBytesIsAShortMove) {
  char good[4] = {}, bad[4] = {};
  fake::UnmappedRange unmapped(bad, sizeof bad);
  auto vector = from({{good, 4}, {bad, 4}});
  ASSERT_TRUE(vector.ok());
  EXPECT_EQ(vector.value().scatter("01234567", 8).value_or(0), 4u);
  EXPECT_EQ(vector.value().remaining(), 4u);
  EXPECT_EQ(vector.value().scatter("4567", 4).error(), Errno(EFAULT));
  EXPECT_EQ(vector.value().remaining(), 4u);
}

TEST(IoVector, MovingKeepsTheCursor) {
  char a[2], b[2];
  auto made = from({{a, 2}, {b, 2}});
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made.value().scatter("0", 1).value_or(0), 1u);
  IoVector moved(made.take());
  EXPECT_EQ(moved.remaining(), 3u);
  EXPECT_EQ(moved.scatter("123", 3).value_or(0), 3u);
  EXPECT_EQ(std::string(a, 2) + std::string(b, 2), "0123");
}

TEST(IoVector, RuntimeMemoryIsNotTheProgrammes) {
  char own[4] = {};
  fake::UnmappedRange unmapped(own, sizeof own);
  IoVector vector = IoVector::of_runtime(own, sizeof own);
  EXPECT_EQ(vector.scatter("abcd", 4).value_or(0), 4u);
  EXPECT_EQ(std::string(own, 4), "abcd");
}

}  // namespace
}  // namespace scone::file
