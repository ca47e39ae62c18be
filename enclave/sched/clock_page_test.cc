#include "enclave/sched/clock_page.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace scone::sched {
namespace {

constexpr uint64_t kTickNs = uint64_t{1} << 32;  // a multiplier: one tick of the TSC is one ns

// A TSC that has not reached this yet: the clocks stand at their bases.
constexpr uint64_t kFuture = UINT64_MAX;

TEST(ClockPage, FollowsTheLastCalibration) {
  ClockPage page;
  page.calibrate({.base_tsc = kFuture, .multiplier = kTickNs, .base_ns = {1, 2, 3}});
  EXPECT_EQ(page.read(Timeline::kMonotonic), 1u);
  EXPECT_EQ(page.read(Timeline::kRealtime), 2u);
  EXPECT_EQ(page.read(Timeline::kBoottime), 3u);
  page.calibrate({.base_tsc = kFuture, .multiplier = kTickNs, .base_ns = {11, 12, 13}});
  EXPECT_EQ(page.read(Timeline::kMonotonic), 11u);
  EXPECT_EQ(page.read(Timeline::kRealtime), 12u);
  EXPECT_EQ(page.read(Timeline::kBoottime), 13u);
}

TEST(ClockPage, RunsWithTheCounter) {
  ClockPage page;
  page.calibrate({.base_tsc = 0, .multiplier = kTickNs, .base_ns = {5, 0, 0}});
  uint32_t processor;
  const uint64_t before = __builtin_ia32_rdtscp(&processor);
  const uint64_t now = page.read(Timeline::kMonotonic);
  const uint64_t after = __builtin_ia32_rdtscp(&processor);
  EXPECT_GE(now, before + 5);
  EXPECT_LE(now, after + 5);
}

TEST(ClockPage, OnlyTheMonotonicClockRefusesToRunBackwards) {
  ClockPage page;
  page.calibrate({.base_tsc = kFuture, .multiplier = 0, .base_ns = {100, 100, 100}});
  EXPECT_EQ(page.read(Timeline::kMonotonic), 100u);
  page.calibrate({.base_tsc = kFuture, .multiplier = 0, .base_ns = {50, 50, 50}});
  EXPECT_EQ(page.read(Timeline::kMonotonic), 100u);
  EXPECT_EQ(page.read(Timeline::kRealtime), 50u);
  EXPECT_EQ(page.read(Timeline::kBoottime), 50u);
  page.calibrate({.base_tsc = kFuture, .multiplier = 0, .base_ns = {101, 50, 50}});
  EXPECT_EQ(page.read(Timeline::kMonotonic), 101u);
}

// Two calibrations by which the clock stands still, at 7 and at 9; a mixture of them would give the TSC.
TEST(ClockPage, NobodySeesHalfACalibration) {
  ClockPage page;
  const Calibration one{.base_tsc = 0, .multiplier = 0, .base_ns = {0, 7, 0}};
  const Calibration other{.base_tsc = kFuture, .multiplier = kTickNs, .base_ns = {0, 9, 0}};
  page.calibrate(one);
  std::atomic<bool> done = false;
  std::thread calibrator([&] {
    for (int i = 0; i < 200'000; ++i) page.calibrate(i % 2 ? one : other);
    done = true;
  });
  uint64_t mixed = 0;
  while (!done) {
    const uint64_t now = page.read(Timeline::kRealtime);
    mixed += now != 7 && now != 9;
  }
  calibrator.join();
  EXPECT_EQ(mixed, 0u);
}

}  // namespace
}  // namespace scone::sched
