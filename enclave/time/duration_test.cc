#include "enclave/time/duration.h"

#include <gtest/gtest.h>

namespace scone::time {
namespace {

TEST(Duration, RefusesWhatIsNotATime) {
  EXPECT_EQ(ns_from(__kernel_timespec{-1, 0}).error(), Errno(EINVAL));
  EXPECT_EQ(ns_from(__kernel_timespec{0, -1}).error(), Errno(EINVAL));
  EXPECT_EQ(ns_from(__kernel_timespec{0, 1'000'000'000}).error(), Errno(EINVAL));
  EXPECT_EQ(ns_from(__kernel_old_timeval{0, 1'000'000}).error(), Errno(EINVAL));
  EXPECT_EQ(ns_from(__kernel_old_timeval{0, -1}).error(), Errno(EINVAL));
}

TEST(Duration, ConvertsBothWays) {
  EXPECT_EQ(ns_from(__kernel_timespec{3, 999'999'999}).value(), 3'999'999'999u);
  EXPECT_EQ(ns_from(__kernel_old_timeval{3, 999'999}).value(), 3'999'999'000u);
  EXPECT_EQ(timespec_from(3'999'999'999).tv_sec, 3);
  EXPECT_EQ(timespec_from(3'999'999'999).tv_nsec, 999'999'999);
}

TEST(Duration, HugeTimesAreCutInsteadOfWrapping) {
  EXPECT_EQ(ns_from(__kernel_timespec{INT64_MAX, 999'999'999}).value(), kLatest);
  EXPECT_EQ(ns_from(__kernel_old_timeval{INT64_MAX, 0}).value(), kLatest);
  EXPECT_EQ(add(kLatest, 1), kLatest);
  EXPECT_EQ(add(1, kLatest), kLatest);
  EXPECT_EQ(add(kLatest + 5, 0), kLatest);
  EXPECT_EQ(add(1, 2), 3u);
}

TEST(Duration, ARunningTimerHasNeverZeroMicrosecondsLeft) {
  EXPECT_EQ(timeval_from(1).tv_usec, 1);
  EXPECT_EQ(timeval_from(999'999'001).tv_sec, 1);
  EXPECT_EQ(timeval_from(999'999'001).tv_usec, 0);
  EXPECT_EQ(timeval_from(0).tv_usec, 0);
}

TEST(Duration, ADateIsRoundedDown) {
  EXPECT_EQ(time_of_day(3'999'999'999).tv_sec, 3);
  EXPECT_EQ(time_of_day(3'999'999'999).tv_usec, 999'999);
}

TEST(Expire, CountsAndLandsAfterNow) {
  for (uint64_t now = 100; now < 200; ++now) {
    const Expiry expiry = expire(100, 30, now);
    EXPECT_EQ(expiry.times, 1 + (now - 100) / 30);
    EXPECT_GT(expiry.next, now);
    EXPECT_LE(expiry.next, now + 30);
    EXPECT_EQ((expiry.next - 100) % 30, 0u);
  }
}

TEST(Expire, HugeIntervalsDoNotWrap) { EXPECT_EQ(expire(100, kLatest, 100).next, kLatest); }

}  // namespace
}  // namespace scone::time
