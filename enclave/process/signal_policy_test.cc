// Dispositions, choice of the receiving thread, restart decisions.
#include <gtest/gtest.h>

#include <vector>

#include "enclave/process/action.h"
#include "enclave/process/receiver.h"
#include "enclave/process/restart_decision.h"

namespace scone::process {
namespace {

TEST(Disposition, DefaultsAreThoseOfSignal7) {
  for (int signal :
       {kSigHup, kSigInt, kSigQuit, kSigSegv, kSigKill, kSigPipe, kSigAlrm, kSigTerm, kSigUsr1, kSigSys, 40})
    EXPECT_EQ(disposition(Action{}, signal), Disposition::kTerminate) << signal;
  for (int signal : {kSigChld, kSigCont, kSigUrg, kSigWinch})
    EXPECT_EQ(disposition(Action{}, signal), Disposition::kIgnore) << signal;
  for (int signal : {kSigStop, kSigTstp, kSigTtin, kSigTtou})
    EXPECT_EQ(disposition(Action{}, signal), Disposition::kStop) << signal;
}

TEST(Disposition, IgnoreAndHandlerOverrideTheDefault) {
  EXPECT_EQ(disposition({.handler = kHandlerIgnore}, kSigTerm), Disposition::kIgnore);
  EXPECT_EQ(disposition({.handler = 0x1000}, kSigChld), Disposition::kHandler);
}

TEST(ActionTable, KeepsNeitherUnknownFlagsNorKillInTheMask) {
  ActionTable table;
  table.set(kSigUsr1, {.handler = 0x1000, .flags = ~uint64_t{0}, .restorer = 1, .mask = ~SignalSet{0}});
  EXPECT_EQ(table[kSigUsr1].flags, kActionFlags);
  EXPECT_EQ(table[kSigUsr1].mask, ~kUnblockable);
  table.reset(kSigUsr1);
  EXPECT_EQ(table.disposition_of(kSigUsr1), Disposition::kTerminate);
}

struct Thread {
  ThreadSignals signals;
};

struct ReceiverTest : testing::Test {
  std::vector<Thread> threads{3};
};

TEST_F(ReceiverTest, PrefersTheMainThread) { EXPECT_EQ(choose_receiver(threads, kSigTerm), &threads[0]); }

TEST_F(ReceiverTest, SkipsThreadsThatBlockIt) {
  threads[0].signals.blocked = threads[1].signals.blocked = set_of(kSigTerm);
  EXPECT_EQ(choose_receiver(threads, kSigTerm), &threads[2]);
  EXPECT_EQ(choose_receiver(threads, kSigHup), &threads[0]);
}

TEST_F(ReceiverTest, SkipsThreadsThatEndOrHaveASignalAlready) {
  threads[0].signals.exiting = true;
  threads[1].signals.attention = kSignalWaits;
  EXPECT_EQ(choose_receiver(threads, kSigTerm), &threads[2]);
}

TEST_F(ReceiverTest, AThreadInSigtimedwaitTakesWhatItBlocks) {
  for (Thread& thread : threads) thread.signals.blocked = set_of(kSigUsr1);
  EXPECT_EQ(choose_receiver(threads, kSigUsr1), nullptr);
  threads[1].signals.waited_for = set_of(kSigUsr1);
  EXPECT_EQ(choose_receiver(threads, kSigUsr1), &threads[1]);
}

using enum RestartDecision;

TEST(Restart, WithoutAHandlerEverythingGoesOn) {
  EXPECT_EQ(decide_restart(kRestartSys, false, false), kAgain);
  EXPECT_EQ(decide_restart(kRestartNoIntr, false, false), kAgain);
  EXPECT_EQ(decide_restart(kRestartNoHand, false, false), kAgain);
  EXPECT_EQ(decide_restart(kRestartBlock, false, false), kContinue);
}

TEST(Restart, AHandlerInterruptsUnlessSaRestartAllows) {
  EXPECT_EQ(decide_restart(kRestartSys, true, false), kInterrupted);
  EXPECT_EQ(decide_restart(kRestartSys, true, true), kAgain);
  EXPECT_EQ(decide_restart(kRestartNoIntr, true, false), kAgain);
  for (int code : {kRestartNoHand, kRestartBlock})
    for (bool sa_restart : {false, true})
      EXPECT_EQ(decide_restart(code, true, sa_restart), kInterrupted) << code;
}

}  // namespace
}  // namespace scone::process
