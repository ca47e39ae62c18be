#include "enclave/time/schedule.h"

#include <gtest/gtest.h>

namespace scone::time {
namespace {

TEST(Schedule, OnceDisarmsItself) {
  Schedule schedule{.due = 100};
  EXPECT_EQ(advance(schedule, 99), 0u);
  EXPECT_EQ(advance(schedule, 100), 1u);
  EXPECT_EQ(schedule.due, sched::kNever);
  EXPECT_EQ(advance(schedule, 1000), 0u);
}

TEST(Schedule, PeriodicKeepsItsPhaseHoweverLateItIsNoticed) {
  Schedule schedule{.due = 100, .interval = 10};
  EXPECT_EQ(advance(schedule, 100), 1u);
  EXPECT_EQ(schedule.due, 110u);
  EXPECT_EQ(advance(schedule, 145), 4u);
  EXPECT_EQ(schedule.due, 150u);
}

TEST(Schedule, RemainingIsZeroOnlyWhenDisarmed) {
  EXPECT_EQ(remaining({}, 50), 0u);
  EXPECT_EQ(remaining({.due = 100}, 60), 40u);
  EXPECT_EQ(remaining({.due = 100}, 100), 1u) << "due, not noticed yet";
  EXPECT_EQ(remaining({.due = 100, .interval = 10}, 104), 6u);
}

TEST(Schedule, AShortIntervalDoesNotWakeForEveryExpiry) {
  Schedule schedule{.due = 100, .interval = 1};
  advance(schedule, 100);
  EXPECT_EQ(wake_up(schedule, 100), 100 + kShortestSleep);
  EXPECT_EQ(advance(schedule, 100 + kShortestSleep), kShortestSleep);
  EXPECT_EQ(wake_up({.due = 10 * kShortestSleep}, 0), 10 * kShortestSleep);
}

}  // namespace
}  // namespace scone::time
