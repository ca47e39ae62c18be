// Where trampolines may stand, and plans that are applied to the wrong code.
#include <gtest/gtest.h>

#include "tests/rewrite/segment.h"

namespace scone::rewrite {
namespace {

using namespace code;

class Apply : public testing::Test {
 protected:
  // Rewrites; everything that was rewritten must satisfy the checker.
  uint32_t rewritten() {
    Result<Outcome> outcome = segment.rewrite();
    EXPECT_TRUE(outcome.ok());
    EXPECT_EQ(segment.complaint(), "");
    left = outcome.value().left;
    return outcome.value().rewritten;
  }
  Segment segment;
  uint32_t left = 0;
};

TEST_F(Apply, AreaOutOfReachChangesNothing) {
  segment.function(kSyscall + kCmpRax + kRet);
  segment.area_address = Segment::kCode + (uint64_t{1} << 31);
  Result<Outcome> outcome = segment.rewrite();
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error(), Errno(EINVAL));
  EXPECT_TRUE(segment.unchanged());
  EXPECT_TRUE(segment.table.empty());
}

TEST_F(Apply, AreaMisalignedChangesNothing) {
  segment.function(kSyscall + kCmpRax + kRet);
  segment.area_address = Segment::kArea + 8;
  EXPECT_FALSE(segment.rewrite().ok());
  EXPECT_TRUE(segment.unchanged());
}

TEST_F(Apply, AreaTooSmallLeavesSites) {
  for (int i = 0; i < 40; ++i) segment.function(kMovEax + kSyscall + kRet);
  segment.area_size = 512;
  uint32_t done = rewritten();
  EXPECT_GT(done, 5u);
  EXPECT_EQ(done + left, 40u);
  EXPECT_GT(left, 0u);
}

TEST_F(Apply, AreaBelowTheCode) {
  segment.area_address = Segment::kCode - 0x200000;
  for (int i = 0; i < 100; ++i) segment.function(nops(static_cast<size_t>(i)) + kSyscall + kCmpRax + kRet);
  EXPECT_EQ(rewritten(), 100u);
}

TEST_F(Apply, AreaOfTheStatedSizeHoldsAllSites) {
  for (int i = 0; i < 2000; ++i) segment.function(kSyscall + kCmpRax + kRet);
  segment.area_size = trampoline_bytes_needed(2000);
  EXPECT_EQ(rewritten(), 2000u);
}

TEST_F(Apply, PlanCanBeAppliedAgain) {
  segment.function(kSyscall + kCmpRax + kRet);
  segment.finish();
  Plan plan = make_plan(segment.view(), segment.unwind()).take();
  ASSERT_EQ(plan.sites.size(), 1u);
  ASSERT_EQ(rewritten(), 1u);
  // Of the code that is there now the plan is no longer true.
  SiteTable other;
  Bytes area(4096);
  Outcome outcome = apply(plan, segment.view(), {Segment::kArea, area}, Segment::kEntries, other).take();
  EXPECT_EQ(outcome.rewritten, 0u);
  EXPECT_EQ(outcome.left, 1u);
}

TEST_F(Apply, PlanOfOtherCodeIsRefused) {
  segment.function(kSyscall + kCmpRax + kRet);
  Plan plan;
  ASSERT_TRUE(
      plan.sites.push({{.begin = 0, .length = 9, .syscall = 0}, false}).ok());  // call is fine, length too
  ASSERT_TRUE(
      plan.sites.push({{.begin = 2, .length = 7, .syscall = 0}, false}).ok());  // no call there, overlaps
  ASSERT_TRUE(plan.sites.push({{.begin = 8, .length = 200, .syscall = 0}, false}).ok());         // too long
  ASSERT_TRUE(plan.sites.push({{.begin = 0xfffffff0, .length = 8, .syscall = 0}, false}).ok());  // outside
  Bytes area(32 << 10);
  Outcome outcome =
      apply(plan, segment.view(), {Segment::kArea, area}, Segment::kEntries, segment.table).take();
  EXPECT_EQ(outcome.rewritten, 1u);
  EXPECT_EQ(outcome.left, 3u);
}

}  // namespace
}  // namespace scone::rewrite
