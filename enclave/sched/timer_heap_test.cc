#include "enclave/sched/timer_heap.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>

namespace scone::sched {

// Timers are only placed in heaps here; the queue behind arm() and cancel() is not under test.
void Timer::arm(uint64_t deadline_ns) { deadline_ = deadline_ns; }
void Timer::cancel() {}

namespace {

void nothing(Timer&) {}

TEST(TimerHeap, GivesTimersInOrderOfDeadline) {
  std::mt19937 random(1);
  TimerHeap heap;
  std::deque<Timer> timers;
  std::multiset<uint64_t> expected;
  for (int i = 0; i < 1000; ++i) {
    Timer& timer = timers.emplace_back(&nothing);
    timer.arm(random() % 500);
    expected.insert(timer.deadline());
    heap.insert(timer);
  }
  for (uint64_t deadline : expected) {
    ASSERT_NE(heap.first(), nullptr);
    EXPECT_EQ(heap.first()->deadline(), deadline);
    heap.remove(*heap.first());
  }
  EXPECT_EQ(heap.first(), nullptr);
}

TEST(TimerHeap, ForgetsRemovedTimersWhereverTheyStand) {
  std::mt19937 random(2);
  TimerHeap heap;
  std::deque<Timer> timers;
  std::set<std::pair<uint64_t, Timer*>> queued;
  for (int i = 0; i < 200; ++i) timers.emplace_back(&nothing);
  for (int step = 0; step < 20000; ++step) {
    Timer& timer = timers[random() % timers.size()];
    if (timer.armed()) {
      queued.erase({timer.deadline(), &timer});
      heap.remove(timer);
      EXPECT_FALSE(timer.armed());
    } else {
      timer.arm(random() % 1000);
      heap.insert(timer);
      queued.insert({timer.deadline(), &timer});
    }
    if (queued.empty())
      EXPECT_EQ(heap.first(), nullptr);
    else
      ASSERT_EQ(heap.first()->deadline(), queued.begin()->first);
  }
}

}  // namespace
}  // namespace scone::sched
