#include "enclave/file/timer_fd.h"

#include <gtest/gtest.h>

namespace scone::file {
namespace {

TEST(Expirations, DisarmedNeverExpires) {
  Expirations timer;
  EXPECT_FALSE(timer.expired(sched::kNever));
  EXPECT_EQ(timer.take(1000), 0u);
  EXPECT_EQ(timer.remaining(1000), 0u);
}

TEST(Expirations, OnceAndThenDisarmed) {
  Expirations timer;
  timer.set(100, 0);
  EXPECT_EQ(timer.take(99), 0u);
  EXPECT_EQ(timer.remaining(40), 60u);
  EXPECT_TRUE(timer.expired(100));
  EXPECT_EQ(timer.take(500), 1u);
  EXPECT_EQ(timer.take(1000), 0u);
  EXPECT_EQ(timer.next(), sched::kNever);
}

TEST(Expirations, PeriodicCountsWhatWasMissed) {
  Expirations timer;
  timer.set(100, 10);
  EXPECT_EQ(timer.take(100), 1u);
  EXPECT_EQ(timer.take(109), 0u);
  EXPECT_EQ(timer.take(145), 4u);  // 110, 120, 130, 140
  EXPECT_EQ(timer.next(), 150u);
  EXPECT_EQ(timer.remaining(145), 5u);
  EXPECT_EQ(timer.remaining(163), 7u) << "the next one that is to come, though some are unread";
}

}  // namespace
}  // namespace scone::file
