#include "host/runner/patience.h"

#include <gtest/gtest.h>

namespace scone::host {
namespace {

TEST(Patience, NothingOrPlentyIsNeverWaitedWith) {
  Patience patience;
  patience.learn(100);
  EXPECT_FALSE(patience.pays(0));
  EXPECT_FALSE(patience.pays(Patience::kPlenty));
  EXPECT_TRUE(patience.pays(1));
}

TEST(Patience, ASinglePeerIsTriedOnlyNowAndThen) {
  Patience patience;
  int naps = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (!patience.pays(1)) continue;
    ++naps;
    patience.learn(0);
  }
  EXPECT_GT(naps, 0);
  EXPECT_LT(naps, 10'000 / 50);
}

TEST(Patience, CompanyIsWaitedForUntilItStaysAway) {
  Patience patience;
  patience.learn(5);
  int naps = 0;
  while (patience.pays(1) && naps < 100) {
    ++naps;
    patience.learn(0);
  }
  EXPECT_GT(naps, 1);
  EXPECT_LT(naps, 10);
  patience.learn(5);  // it pays again
  EXPECT_TRUE(patience.pays(1));
}

}  // namespace
}  // namespace scone::host
