// Who is woken, wakes up.
#include "host/runner/sleeper.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>

namespace scone::host {
namespace {

constexpr uint64_t kForEver = UINT64_MAX;

class SleeperTest : public testing::Test {
 protected:
  SleeperTest() { EXPECT_TRUE(Sleeper::create(sleeper_).ok()); }
  std::future<void> sleep_as(unsigned number) {
    return std::async(std::launch::async, [this, number] {
      auto area = std::make_unique<abi::EthreadArea>();
      sleeper_.sleep(number, kForEver, *area);
    });
  }
  static bool ends(std::future<void>& sleep) {
    return sleep.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  }

  Sleeper sleeper_;
};

TEST_F(SleeperTest, AWakeUpThatComesBeforeTheSleepIsKept) {
  sleeper_.wake(0);
  auto sleep = sleep_as(0);
  EXPECT_TRUE(ends(sleep));
}

TEST_F(SleeperTest, EachOfSeveralIsWokenByItsNumber) {
  auto first = sleep_as(0), second = sleep_as(1), third = sleep_as(2);
  for (unsigned number : {2, 0, 1}) sleeper_.wake(number);
  EXPECT_TRUE(ends(first) && ends(second) && ends(third));
}

// The poller's wake-up is an event that every look at the events finds.
TEST_F(SleeperTest, WhoLooksInPassingDoesNotTakeAnothersWakeUp) {
  auto area = std::make_unique<abi::EthreadArea>();
  for (int i = 0; i < 2000; ++i) {
    auto sleep = sleep_as(0);
    std::this_thread::sleep_for(std::chrono::microseconds(i % 4 * 20));
    sleeper_.wake(0);
    sleeper_.sleep(1, 0, *area);
    if (!ends(sleep)) {
      ADD_FAILURE() << "lost in round " << i;
      sleeper_.wake(0);
      return;
    }
  }
}

}  // namespace
}  // namespace scone::host
