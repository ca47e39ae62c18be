#include "enclave/sched/read_mostly_lock.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace scone::sched {
namespace {

constexpr LockRank kRank = LockRank::kFdTable;

// Two numbers that a writer changes one after the other: a reader that sees them differ was not kept out.
struct Pair {
  ReadMostlyLock lock{kRank};
  uint64_t first = 0, second = 0;
};

TEST(ReadMostlyLock, KeepsReadersOutWhileSomebodyWrites) {
  constexpr int kWriters = 2, kReaders = 3, kRounds = 20'000;
  Pair pair;
  std::atomic<int> torn{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        WriteGuard guard(pair.lock);
        ++pair.first;
        ++pair.second;
      }
    });
  for (int i = 0; i < kReaders; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        ReadGuard guard(pair.lock);
        if (pair.first != pair.second) ++torn;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(torn.load(), 0);
  EXPECT_EQ(pair.first, uint64_t{kWriters} * kRounds);
  EXPECT_EQ(pair.second, pair.first);
}

TEST(ReadMostlyLock, ReadersDoNotWaitForEachOther) {
  ReadMostlyLock lock(kRank);
  ReadGuard guard(lock);
  // Threads get stripes in turn, so one of two has another one than this thread.
  int entered = 0;
  for (int i = 0; i < 2; ++i)
    std::thread([&, taken = own_stripe()] {
      if (own_stripe() == taken) return;
      ReadGuard another(lock);
      ++entered;
    }).join();
  EXPECT_GE(entered, 1);
}

TEST(ReadMostlyLock, CountsAsOneLockInTheOrderOfRanks) {
  ReadMostlyLock lock(kRank);
  {
    WriteGuard guard(lock);
    EXPECT_NE(held_ranks(), 0u);
    SpinLock later(LockRank::kHeap);
    SpinGuard inner(later);
  }
  EXPECT_EQ(held_ranks(), 0u);
  EXPECT_DEATH(
      {
        SpinLock later(LockRank::kHeap);
        SpinGuard outer(later);
        ReadGuard inner(lock);
      },
      "");
}

}  // namespace
}  // namespace scone::sched
