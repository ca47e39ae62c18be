#include "enclave/file/event_fd.h"

#include <gtest/gtest.h>

namespace scone::file {
namespace {

TEST(EventCounter, ReadTakesAll) {
  EventCounter counter(3, false);
  EXPECT_TRUE(counter.add(4));
  EXPECT_EQ(counter.take(), 7u);
  EXPECT_EQ(counter.take(), 0u);
  EXPECT_FALSE(counter.readable());
}

TEST(EventCounter, SemaphoreTakesOne) {
  EventCounter counter(2, true);
  EXPECT_EQ(counter.take(), 1u);
  EXPECT_EQ(counter.take(), 1u);
  EXPECT_EQ(counter.take(), 0u);
}

TEST(EventCounter, NeverReachesAllOnes) {
  EventCounter counter(0, false);
  EXPECT_TRUE(counter.add(EventCounter::kMax));
  EXPECT_FALSE(counter.writable());
  EXPECT_FALSE(counter.add(1));
  EXPECT_TRUE(counter.add(0));
  EXPECT_EQ(counter.take(), EventCounter::kMax);
  EXPECT_TRUE(counter.add(1));
}

}  // namespace
}  // namespace scone::file
