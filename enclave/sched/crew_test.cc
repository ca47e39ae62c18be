// Ten milliseconds of a program at a time: how many ethreads are on duty?
#include "enclave/sched/crew.h"

#include <gtest/gtest.h>

namespace scone::sched {
namespace {

class CrewTest : public ::testing::Test {
 protected:
  CrewTest() { crew_.set_most(4); }
  uint32_t size() { return crew_.size(now_); }

  // A window in which the program made `calls` and its ethreads waited for `idle` per cent of one ethread's time.
  void window(uint64_t calls, uint64_t idle) {
    now_ += Crew::kWindow;
    load_.calls += calls;
    load_.waited += idle * Crew::kWindow / 100;
    ASSERT_TRUE(crew_.due(now_));
    crew_.observe(now_, load_);
  }
  // A program whose speed depends on the number of ethreads alone.
  template <typename Calls>
  void windows(int count, Calls calls, uint64_t idle = 0) {
    for (int i = 0; i < count; ++i) {
      window(calls(size()), idle);
      used_[size()]++;
    }
  }

  Crew crew_;
  uint64_t now_ = 1'000'000'000;
  Crew::Load load_{};
  int used_[5] = {};
};

TEST_F(CrewTest, OneIsOnDutyUntilMoreIsKnown) { EXPECT_EQ(size(), 1u); }

TEST_F(CrewTest, OneLongRunMayBeAnAccident) {
  crew_.note_long_run(now_);
  EXPECT_EQ(size(), 1u);
}

TEST_F(CrewTest, AccidentsFarApartDoNotAddUp) {
  for (int i = 0; i < 100; ++i) {
    crew_.note_long_run(now_);
    EXPECT_EQ(size(), 1u);
    now_ += Crew::kCredit;
  }
}

TEST_F(CrewTest, SeveralLongRunsCallAllForAWhile) {
  for (int i = 0; i < 3; ++i) crew_.note_long_run(now_ += Crew::kLongRun);
  EXPECT_EQ(size(), 4u);
  now_ += Crew::kMostCredit;
  EXPECT_EQ(size(), 1u);
}

TEST_F(CrewTest, AThreadThatComputesCallsAllAtOnce) {
  crew_.note_computing(now_);
  EXPECT_EQ(size(), 4u);
}

TEST_F(CrewTest, ManyLongRunsAreForgottenAsFastAsAFew) {
  for (int i = 0; i < 1000; ++i) crew_.note_computing(now_);
  now_ += Crew::kMostCredit;
  EXPECT_EQ(size(), 1u);
}

// Of two ethreads on different processors, whose counters differ a little.
TEST_F(CrewTest, ACounterThatIsBehindChangesNothing) {
  crew_.note_computing(now_ + 1000);
  EXPECT_EQ(size(), 4u);
  EXPECT_FALSE(crew_.due(now_ - 2'000'000'000));
}

TEST_F(CrewTest, WhoHasTimeLeftNeedsNobodyElse) {
  windows(
      100, [](uint32_t) { return 1000; }, 50);
  EXPECT_EQ(used_[1], 100);
}

TEST_F(CrewTest, AsManyAsThereIsMoreToGainAreCalled) {
  windows(200, [](uint32_t size) { return 1000 * size; });
  EXPECT_EQ(size(), 4u);
  EXPECT_LT(used_[1], 30);
}

TEST_F(CrewTest, WhatDoesNotHelpIsTriedLessAndLessOften) {
  windows(1000, [](uint32_t size) { return 1000 / size; });
  EXPECT_GE(used_[1], 980);
  EXPECT_GT(used_[2], 0) << "never tried";
  EXPECT_EQ(used_[3] + used_[4], 0);
}

TEST_F(CrewTest, TwoAreEnoughIfAThirdDoesNotHelp) {
  windows(400, [](uint32_t size) { return size == 1 ? 1000 : 1800; });
  EXPECT_GE(used_[2], 300);
}

TEST_F(CrewTest, WhatOneCanDoIsGivenBackToOne) {
  windows(200, [](uint32_t size) { return 1000 * size; });
  ASSERT_EQ(size(), 4u);
  windows(
      10, [](uint32_t) { return 500; }, 350);
  EXPECT_EQ(size(), 1u);
}

TEST_F(CrewTest, WhatHelpedOnceIsLookedAtAgain) {
  windows(200, [](uint32_t size) { return 1000 * size; });
  ASSERT_EQ(size(), 4u);
  windows(1000, [](uint32_t) { return 1000; });
  EXPECT_EQ(size(), 1u);
}

TEST_F(CrewTest, APauseIsNoMeasurement) {
  windows(200, [](uint32_t size) { return 1000 * size; });
  now_ += 100 * Crew::kWindow;
  window(10, 0);
  EXPECT_EQ(size(), 1u);
}

TEST_F(CrewTest, ATryThatWasDisturbedHasFailed) {
  window(1000, 0);
  while (size() == 1) window(1000, 0);
  crew_.note_computing(now_ + Crew::kWindow);
  window(1000, 0);
  EXPECT_EQ(size(), 4u);
  now_ += Crew::kMostCredit;
  EXPECT_EQ(size(), 1u);
}

// A counter that begins at nothing, or goes back: the host's virtual machine may set it.
TEST_F(CrewTest, NoCounterIsTooStrange) {
  for (const uint64_t now :
       {uint64_t{0}, uint64_t{1}, UINT64_MAX, uint64_t{5}, uint64_t{1} << 63, uint64_t{3}})
    if (crew_.due(now)) crew_.observe(now, load_);
  EXPECT_GE(size(), 1u);
  EXPECT_LE(size(), 4u);
}

// The host says how long it waited; nothing that it says leads out of 1 ... most().
TEST_F(CrewTest, AHostThatLiesAboutWaitingMovesTheSizeWithinItsBounds) {
  uint64_t idle = 0;
  for (int i = 0; i < 2000; ++i) {
    window(1000 + i * 7919 % 5000, idle = (idle * 6364136223846793005 + 1442695040888963407) % 1000);
    ASSERT_GE(size(), 1u);
    ASSERT_LE(size(), 4u);
  }
}

}  // namespace
}  // namespace scone::sched
