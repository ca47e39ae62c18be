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
  std::future<void> stand_by_as(unsigned number) {
    return std::async(std::launch::async, [this, number] {
      auto area = std::make_unique<abi::EthreadArea>();
      sleeper_.stand_by(number, *area);
    });
  }
  void look_as(unsigned number) { sleeper_.sleep(number, 0, *area_); }
  static bool goes_on(std::future<void>& sleep, int ms) {
    return sleep.wait_for(std::chrono::milliseconds(ms)) == std::future_status::timeout;
  }
  static bool ends(std::future<void>& sleep) {
    return sleep.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  }

  Sleeper sleeper_;
  std::unique_ptr<abi::EthreadArea> area_ = std::make_unique<abi::EthreadArea>();
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

TEST_F(SleeperTest, WhoStandsByIsWokenAtOnce) {
  auto poller = sleep_as(0), reserve = stand_by_as(1);
  EXPECT_TRUE(goes_on(reserve, 50));
  sleeper_.wake(1);
  EXPECT_TRUE(ends(reserve));
  EXPECT_TRUE(goes_on(poller, 20));
  sleeper_.wake(0);
  EXPECT_TRUE(ends(poller));
}

TEST_F(SleeperTest, AWakeUpThatComesBeforeOneStandsByIsKept) {
  auto poller = sleep_as(0);
  sleeper_.wake(1);
  auto reserve = stand_by_as(1);
  EXPECT_TRUE(ends(reserve));
  sleeper_.wake(0);
  EXPECT_TRUE(ends(poller));
}

TEST_F(SleeperTest, WhoStandsByGoesOnAsLongAsOthersLookForEvents) {
  auto reserve = stand_by_as(1);
  for (int i = 0; i < 100; ++i) {
    look_as(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(goes_on(reserve, 0));
  sleeper_.wake(1);
  EXPECT_TRUE(ends(reserve));
}

TEST_F(SleeperTest, WhoStandsByComesBackWhenNobodyLooksForEvents) {
  auto reserve = stand_by_as(1);
  EXPECT_TRUE(ends(reserve));
}

// It has stopped watching by then, and is told.
TEST_F(SleeperTest, WhoStandsByComesBackWhenThePollerIsHeldUpAfterALongSleep) {
  for (int i = 0; i < 100; ++i) {
    auto poller = sleep_as(0), reserve = stand_by_as(1);
    std::this_thread::sleep_for(std::chrono::microseconds(9'500 + 20 * i));
    sleeper_.wake(0);
    ASSERT_TRUE(ends(poller));
    ASSERT_TRUE(ends(reserve)) << "round " << i;
  }
}

TEST_F(SleeperTest, SaysForHowLongItOnlyWaited) {
  look_as(0);
  EXPECT_EQ(area_->waited_cycles, 0u);
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const uint64_t start = __builtin_ia32_rdtsc();
  sleeper_.sleep(
      0, static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec) + 20'000'000,
      *area_);
  EXPECT_GT(area_->waited_cycles, 15'000'000u);  // at 1 GHz already
  EXPECT_LE(area_->waited_cycles, __builtin_ia32_rdtsc() - start);
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
