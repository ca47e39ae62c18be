#include "enclave/mm/page_states.h"

#include <gtest/gtest.h>

namespace scone::mm {
namespace {

constexpr uint64_t kBegin = 64 << 10;
constexpr uint64_t kEnd = uint64_t{48} << 30;

class States : public testing::Test {
 protected:
  void accept(uint64_t page, uint64_t pages, Prot prot) {
    ASSERT_TRUE(states_.reserve(at(page), at(page + pages)).ok());
    states_.set(at(page), at(page + pages), {true, prot});
  }
  static uint64_t at(uint64_t page) { return page * kPageSize; }
  PageStates states_{kBegin, kEnd};
};

TEST_F(States, NothingIsAcceptedAtFirst) {
  EXPECT_FALSE(states_.get(kBegin).accepted);
  EXPECT_EQ(states_.next_accepted(kBegin, kEnd), kEnd);
  EXPECT_EQ(states_.run_end(kBegin, kEnd), kEnd);
  EXPECT_EQ(states_.next_missing(kBegin, kEnd), kBegin);
}

TEST_F(States, OutsideOfTheRangeNothingIsAccepted) {
  EXPECT_FALSE(states_.get(0).accepted);
  EXPECT_FALSE(states_.get(kEnd).accepted);
  EXPECT_FALSE(states_.get(UINT64_MAX).accepted);
}

TEST_F(States, RunsEndWhereTheStateChanges) {
  accept(1000, 10, kReadWrite);
  accept(1010, 5, Prot::kRead);
  EXPECT_EQ(states_.next_accepted(kBegin, kEnd), at(1000));
  EXPECT_EQ(states_.run_end(at(1000), kEnd), at(1010));
  EXPECT_EQ(states_.run_end(at(1012), kEnd), at(1015));
  EXPECT_EQ(states_.next_missing(at(1000), kEnd), at(1015));
  EXPECT_EQ(states_.next_missing(at(1000), at(1003)), at(1003));
  EXPECT_EQ(states_.run_end(at(1015), at(2000)), at(2000));
  EXPECT_EQ(states_.get(at(1012)).prot, Prot::kRead);
}

TEST_F(States, AnAcceptedPageWithoutRightsIsAccepted) {
  accept(50, 1, Prot::kNone);
  EXPECT_TRUE(states_.get(at(50)).accepted);
  EXPECT_EQ(states_.get(at(50)).prot, Prot::kNone);
}

TEST_F(States, RunsCrossLeavesAndDirectories) {
  const uint64_t edge = (uint64_t{3} << 30) / kPageSize;
  accept(edge - 700, 1400, kReadWrite);
  EXPECT_EQ(states_.run_end(at(edge - 700), kEnd), at(edge + 700));
  states_.set(at(edge), at(edge + 1), {});
  EXPECT_EQ(states_.run_end(at(edge - 700), kEnd), at(edge));
  EXPECT_EQ(states_.next_accepted(at(edge), kEnd), at(edge + 1));
}

TEST_F(States, HolesOfManyGibibytesAreSkipped) {
  const uint64_t far = (uint64_t{40} << 30) / kPageSize + 3;
  accept(far, 1, kReadExecute);
  EXPECT_EQ(states_.next_accepted(kBegin, kEnd), at(far));
  EXPECT_EQ(states_.next_accepted(kBegin, at(far)), at(far));
}

}  // namespace
}  // namespace scone::mm
