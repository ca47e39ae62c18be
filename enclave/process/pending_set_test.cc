#include "enclave/process/pending_set.h"

#include <gtest/gtest.h>
#include <linux/errno.h>

namespace scone::process {
namespace {

Info user(int signal, uint64_t value = 0, int code = kCodeQueue) {
  Info info = Info::from_sender(signal, code, 1, 0);
  info.sender.value = value;
  return info;
}

constexpr SignalSet kAll = ~SignalSet{0};

struct PendingSetTest : testing::Test {
  ~PendingSetTest() override { set.discard(kAll); }
  PendingSet set;
  Info info;
};

TEST_F(PendingSetTest, StandardSignalsCoalesceAndKeepTheFirstInfo) {
  ASSERT_TRUE(set.add(user(kSigUsr1, 1)).ok());
  ASSERT_TRUE(set.add(user(kSigUsr1, 2)).ok());
  ASSERT_TRUE(set.take(kAll, info));
  EXPECT_EQ(info.sender.value, 1u);
  EXPECT_FALSE(set.take(kAll, info));
}

TEST_F(PendingSetTest, RealTimeSignalsQueueInOrder) {
  for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(set.add(user(40, i)).ok());
  for (uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(set.signals(), set_of(40));
    ASSERT_TRUE(set.take(kAll, info));
    EXPECT_EQ(info.sender.value, i);
  }
  EXPECT_EQ(set.signals(), 0u);
}

TEST_F(PendingSetTest, LowestNumberFirstButFaultsBeforeAll) {
  for (int signal : {kSigTerm, kSigHup, 50, kSigSegv, kSigBus}) ASSERT_TRUE(set.add(user(signal)).ok());
  for (int expected : {kSigBus, kSigSegv, kSigHup, kSigTerm, 50}) {
    ASSERT_TRUE(set.take(kAll, info));
    EXPECT_EQ(info.signal, expected);
  }
}

TEST_F(PendingSetTest, TakesOnlyWhatIsWanted) {
  ASSERT_TRUE(set.add(user(kSigUsr1)).ok());
  EXPECT_FALSE(set.take(~set_of(kSigUsr1), info));
  EXPECT_EQ(set.signals(), set_of(kSigUsr1));
}

TEST_F(PendingSetTest, AFullQueueRefusesQueuedRealTimeSignalsOnly) {
  for (uint32_t i = 0; i < PendingSet::kLimit; ++i) ASSERT_TRUE(set.add(user(40)).ok());
  EXPECT_EQ(set.add(user(40)).error(), Errno(EAGAIN));
  // kill(2) and standard signals are never refused; they lose their siginfo.
  EXPECT_TRUE(set.add(user(41, 0, kCodeUser)).ok());
  EXPECT_TRUE(set.add(user(kSigTerm, 7)).ok());
  ASSERT_TRUE(set.take(set_of(kSigTerm), info));
  EXPECT_EQ(info.signal, kSigTerm);
  EXPECT_EQ(info.code, kCodeUser);
  EXPECT_EQ(info.sender.value, 0u);
  ASSERT_TRUE(set.take(set_of(41), info));
  EXPECT_EQ(set.signals(), set_of(40));
}

TEST_F(PendingSetTest, TakingMakesRoom) {
  for (uint32_t i = 0; i < PendingSet::kLimit; ++i) ASSERT_TRUE(set.add(user(40)).ok());
  ASSERT_TRUE(set.take(kAll, info));
  EXPECT_TRUE(set.add(user(40)).ok());
}

TEST_F(PendingSetTest, DiscardDropsEveryInstance) {
  for (int signal : {40, 40, 41, kSigTerm}) ASSERT_TRUE(set.add(user(signal)).ok());
  set.discard(set_of(40, kSigTerm));
  EXPECT_EQ(set.signals(), set_of(41));
  EXPECT_FALSE(set.take(set_of(40, kSigTerm), info));
}

struct TimerEntry : QueuedSignal {
  explicit TimerEntry(int signal) {
    info.signal = signal;
    info.code = kCodeTimer;
    QueuedSignal::taken = [](QueuedSignal& entry) { ++static_cast<TimerEntry&>(entry).times_taken; };
  }
  int times_taken = 0;
};

TEST_F(PendingSetTest, ATimersEntryIsToldWhenTakenAndCanBeSentAgain) {
  TimerEntry entry(kSigAlrm);
  for (int round = 1; round <= 2; ++round) {
    set.add(entry);
    EXPECT_TRUE(entry.linked());
    ASSERT_TRUE(set.take(kAll, info));
    EXPECT_EQ(info.code, kCodeTimer);
    EXPECT_EQ(entry.times_taken, round);
    EXPECT_FALSE(entry.linked());
  }
}

TEST_F(PendingSetTest, ATimersEntryStandsBesideAKillOfTheSameNumber) {
  TimerEntry entry(kSigAlrm);
  ASSERT_TRUE(set.add(user(kSigAlrm, 0, kCodeUser)).ok());
  set.add(entry);
  ASSERT_TRUE(set.take(kAll, info));
  EXPECT_EQ(info.code, kCodeUser);
  ASSERT_TRUE(set.take(kAll, info));
  EXPECT_EQ(info.code, kCodeTimer);
}

TEST_F(PendingSetTest, WithdrawLeavesOthersOfTheSameNumber) {
  TimerEntry entry(40);
  set.add(entry);
  ASSERT_TRUE(set.add(user(40)).ok());
  set.withdraw(entry);
  EXPECT_EQ(entry.times_taken, 0);
  EXPECT_EQ(set.signals(), set_of(40));
  ASSERT_TRUE(set.take(kAll, info));
  EXPECT_EQ(set.signals(), 0u);
}

TEST_F(PendingSetTest, DiscardUnlinksATimersEntryWithoutFreeingIt) {
  TimerEntry entry(40);
  set.add(entry);
  set.discard(kAll);
  EXPECT_FALSE(entry.linked());
  EXPECT_EQ(set.signals(), 0u);
}

}  // namespace
}  // namespace scone::process
