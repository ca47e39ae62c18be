#include "base/checked.h"

#include <gtest/gtest.h>

namespace scone {
namespace {

TEST(Checked, RefusesOverflow) {
  EXPECT_EQ(checked_add<uint64_t>(1, 2), 3u);
  EXPECT_FALSE(checked_add<uint64_t>(UINT64_MAX, 1));
  EXPECT_FALSE(checked_mul<uint64_t>(UINT64_MAX, 2));
}

TEST(Checked, RangeWithinExcludesWrapAround) {
  EXPECT_TRUE(range_within(10, 10, 10, 20));
  EXPECT_FALSE(range_within(10, 11, 10, 20));
  EXPECT_FALSE(range_within(UINT64_MAX - 1, 4, 0, UINT64_MAX));
}

TEST(Checked, RangeTouchesCountsWrapAroundAsTouching) {
  EXPECT_FALSE(range_touches(0, 10, 10, 20));
  EXPECT_TRUE(range_touches(0, 11, 10, 20));
  EXPECT_FALSE(range_touches(20, 5, 10, 20));
  EXPECT_TRUE(range_touches(UINT64_MAX - 1, 4, 10, 20));
}

TEST(Checked, Alignment) {
  EXPECT_EQ(align_down(4097, 4096), 4096u);
  EXPECT_EQ(align_up(4097, 4096), 8192u);
  EXPECT_TRUE(is_aligned(8192, 4096));
}

}  // namespace
}  // namespace scone
