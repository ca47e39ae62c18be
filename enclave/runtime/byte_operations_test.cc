#include "enclave/runtime/byte_operations.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

namespace scone::runtime {
namespace {

std::vector<char> counting(size_t size) {
  std::vector<char> bytes(size);
  std::iota(bytes.begin(), bytes.end(), 1);
  return bytes;
}

TEST(ByteOperations, CopyEverySmallSizeAtEveryOffset) {
  const auto source = counting(400);
  for (size_t size = 0; size < 300; ++size) {
    for (size_t offset = 0; offset < 17; ++offset) {
      std::vector<char> expected(400, 'x'), actual(400, 'x');
      memcpy(expected.data() + offset, source.data() + 3, size);
      copy_forward(actual.data() + offset, source.data() + 3, size);
      ASSERT_EQ(expected, actual) << size << " at " << offset;
    }
  }
}

TEST(ByteOperations, MoveEveryOverlap) {
  for (size_t size : {0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
    for (size_t to = 0; to < 150; ++to) {
      auto expected = counting(300), actual = counting(300);
      memmove(expected.data() + to, expected.data() + 75, size);
      move_bytes(actual.data() + to, actual.data() + 75, size);
      ASSERT_EQ(expected, actual) << size << " to " << to;
    }
  }
}

TEST(ByteOperations, Fill) {
  for (size_t size = 0; size < 100; ++size) {
    std::vector<char> bytes(120, 'x');
    fill_bytes(bytes.data() + 5, 0xab, size);
    EXPECT_EQ(std::count(bytes.begin(), bytes.end(), '\xab'), static_cast<long>(size));
    EXPECT_EQ(bytes[4], 'x');
    EXPECT_EQ(bytes[5 + size], 'x');
  }
}

TEST(ByteOperations, CompareFindsTheFirstDifference) {
  for (size_t size = 1; size < 40; ++size) {
    for (size_t where = 0; where < size; ++where) {
      std::vector<unsigned char> a(size, 0x80), b(size, 0x80);
      EXPECT_EQ(compare_bytes(a.data(), b.data(), size), 0);
      b[where] = 0x81;
      if (where + 1 < size) b[where + 1] = 0;  // later bytes do not count
      EXPECT_LT(compare_bytes(a.data(), b.data(), size), 0);
      EXPECT_GT(compare_bytes(b.data(), a.data(), size), 0);
    }
  }
  EXPECT_EQ(compare_bytes(nullptr, nullptr, 0), 0);
}

TEST(ByteOperations, Text) {
  EXPECT_EQ(text_length("", SIZE_MAX), 0u);
  EXPECT_EQ(text_length("abc", SIZE_MAX), 3u);
  EXPECT_EQ(text_length("abc", 2), 2u);
  EXPECT_EQ(compare_text("abc", "abc"), 0);
  EXPECT_LT(compare_text("ab", "abc"), 0);
  EXPECT_GT(compare_text("\xff", "a"), 0);
}

}  // namespace
}  // namespace scone::runtime
