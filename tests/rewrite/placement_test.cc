#include "enclave/rewrite/placement.h"

#include <gtest/gtest.h>

#include <vector>

namespace scone::rewrite {
namespace {

constexpr uint64_t kArea = 0x7f0000600000, kSize = 64 << 10;

// Every place that is given out is inside, free, and gives the displacement the bytes it must have.
void expect_places_are_right(const Guard& guard, int64_t distance, uint64_t size) {
  Placement placement = Placement::create(kArea, kSize).take();
  std::vector<bool> taken(kSize);
  int given = 0;
  for (uint64_t i = 0; i < 3000; ++i) {
    uint64_t jump_end = kArea + static_cast<uint64_t>(distance) + 37 * i;
    std::optional<uint64_t> place = placement.take(jump_end, size, guard);
    if (!place) continue;
    ++given;
    uint64_t displacement = *place - jump_end;
    ASSERT_TRUE(!guard.low || is_trap_byte(static_cast<uint8_t>(displacement)));
    ASSERT_TRUE(!guard.second || is_trap_byte(static_cast<uint8_t>(displacement >> 8)));
    ASSERT_GE(*place, kArea);
    ASSERT_LE(*place + size, kArea + kSize);
    ASSERT_LE(*place + size - kArea, placement.used());
    for (uint64_t offset = *place - kArea; offset < *place - kArea + size; ++offset) {
      ASSERT_FALSE(taken[offset]);
      taken[offset] = true;
    }
  }
  EXPECT_GE(given, 800);
}

TEST(Placement, Unguarded) { expect_places_are_right({}, 1 << 20, 30); }
TEST(Placement, SecondByte) { expect_places_are_right({.prefixes = 0, .second = true}, 1 << 20, 30); }
TEST(Placement, SecondByteFromBelow) {
  expect_places_are_right({.prefixes = 0, .second = true}, -(1 << 20), 33);
}
TEST(Placement, LowByte) { expect_places_are_right({.prefixes = 1, .low = true}, 1 << 20, 30); }
TEST(Placement, BothBytes) {
  expect_places_are_right({.prefixes = 0, .low = true, .second = true}, -(1 << 20), 16);
}

TEST(Placement, WholeAreaIsUsedWithoutConstraint) {
  Placement placement = Placement::create(kArea, 1024).take();
  for (int i = 0; i < 32; ++i) EXPECT_TRUE(placement.take(kArea - 100, 32, {}));
  EXPECT_FALSE(placement.take(kArea - 100, 1, {}));
  EXPECT_EQ(placement.used(), 1024u);
}

TEST(Placement, AreaSmallerThanAUnit) {
  Placement placement = Placement::create(kArea, 15).take();
  EXPECT_FALSE(placement.take(kArea - 100, 1, {}));
}

}  // namespace
}  // namespace scone::rewrite
