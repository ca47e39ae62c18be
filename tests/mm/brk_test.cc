// brk: the break moves within free space only, and what it gave up is zero when it comes back.
#include "tests/mm/space_fixture.h"

namespace scone::mm {
namespace {

class Brk : public testing::Test {
 protected:
  Brk() { s_.space.set_brk_base(base_); }
  Space s_;
  const uint64_t base_ = s_.epc.begin() + 100 * kPage + 123;
};

TEST_F(Brk, ReportsTheBaseFirst) {
  EXPECT_EQ(s_.space.brk(0), base_);
  EXPECT_EQ(s_.space.brk(base_ - 1), base_);
  EXPECT_TRUE(s_.maps().empty());
}

TEST_F(Brk, GrowsAndShrinksByTheByte) {
  EXPECT_EQ(s_.space.brk(base_ + 3 * kPage), base_ + 3 * kPage);
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"101-104 rw-p [heap]"}));
  s_.store(base_ + 2 * kPage, 5);
  EXPECT_EQ(s_.space.brk(base_ + 10), base_ + 10);
  EXPECT_TRUE(s_.maps().empty());
  EXPECT_EQ(s_.epc.accepted(), 0u);
  EXPECT_EQ(s_.space.brk(base_ + 3 * kPage), base_ + 3 * kPage);
  EXPECT_EQ(s_.load(base_ + 2 * kPage), 0);
}

TEST_F(Brk, GrowthIsOneMapping) {
  for (uint64_t i = 1; i <= 50; ++i) ASSERT_EQ(s_.space.brk(base_ + i * kPage), base_ + i * kPage);
  EXPECT_EQ(s_.maps().size(), 1u);
}

TEST_F(Brk, StopsAtTheNextMappingTheLimitAndTheEnd) {
  s_.map_anonymous(1, kRw, MAP_FIXED, s_.epc.begin() + 110 * kPage);
  EXPECT_EQ(s_.space.brk(s_.epc.begin() + 110 * kPage), s_.epc.begin() + 110 * kPage);
  EXPECT_EQ(s_.space.brk(s_.epc.begin() + 110 * kPage + 1), s_.epc.begin() + 110 * kPage);
  ASSERT_TRUE(s_.space.munmap(s_.epc.begin() + 110 * kPage, kPage).ok());
  EXPECT_EQ(s_.space.brk(base_ + (uint64_t{400} << 20)), s_.epc.begin() + 110 * kPage) << "heap limit";
  EXPECT_EQ(s_.space.brk(s_.epc.end() + kPage), s_.epc.begin() + 110 * kPage);
  EXPECT_EQ(s_.space.brk(UINT64_MAX), s_.epc.begin() + 110 * kPage);
}

}  // namespace
}  // namespace scone::mm
