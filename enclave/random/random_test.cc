#include "enclave/random/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace scone::random {
namespace {

TEST(Random, NumbersDiffer) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(next().take()).second);
}

TEST(Random, FillsExactlyWhatWasAskedFor) {
  for (size_t size = 0; size < 40; ++size) {
    // With 32 rounds every byte changes at least once unless fill() misses it (or with chance 2^-256).
    std::vector<uint8_t> changed(size + 1, 0);
    for (int round = 0; round < 32; ++round) {
      std::vector<uint8_t> bytes(size + 1, 0xa5);
      ASSERT_TRUE(fill(bytes.data(), size).ok());
      for (size_t i = 0; i <= size; ++i) changed[i] |= bytes[i] != 0xa5;
    }
    EXPECT_EQ(std::count(changed.begin(), changed.end() - 1, 1), static_cast<long>(size));
    EXPECT_EQ(changed[size], 0);
  }
}

TEST(Random, BelowStaysBelow) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 500; ++i) seen.insert(below(7).take());
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_LT(*seen.rbegin(), 7u);
}

}  // namespace
}  // namespace scone::random
