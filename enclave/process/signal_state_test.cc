// Sending, choosing, taking and re-targeting, with threads that do not run: unpark() only notes who was woken.
#include "enclave/process/signal_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/errno.h>

#include <vector>

#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_state.h"
#include "enclave/process/signal.h"

namespace scone::sched {
namespace {
std::vector<int> woken;
}

void unpark(Lthread& thread) { woken.push_back(thread.tid()); }

Result<Ref<Lthread>> Lthread::create(int tid) { return Ref<Lthread>::adopt(new Lthread(tid, 0)); }
Lthread::~Lthread() = default;

}  // namespace scone::sched

namespace scone::boundary {

const abi::StartInfo& start_info() {
  static const abi::StartInfo info{};
  return info;
}
Result<void> copy_from_app(void*, AppPtr<const void>, size_t) { return Errno(EFAULT); }

}  // namespace scone::boundary

namespace scone::shield {
namespace {
bool shielded_terminal = false;
}
bool has_shielded_terminal() { return shielded_terminal; }
}  // namespace scone::shield

namespace scone::process {
namespace {

using sched::Lthread;
using sched::woken;
using testing::ElementsAre;
using testing::IsEmpty;

struct SignalStateTest : testing::Test {
  SignalStateTest() {
    for (int tid : {100, 101, 102}) {
      all.push_back(Lthread::create(tid).take());
      threads().add(*all.back());
    }
    for (int signal = 1; signal <= kSigMax; ++signal) set_action(signal, {});
    woken.clear();
  }
  ~SignalStateTest() override {
    signal_state().pending.discard(~SignalSet{0});
    for (auto& thread : all)
      if (!thread->signals.exiting) threads().remove(*thread);
  }
  Lthread& thread(size_t index) { return *all[index]; }
  static Info from(int signal) { return Info::from_sender(signal, kCodeUser, 7, 8); }
  static void handle(int signal, uint64_t flags = 0) {
    set_action(signal, {.handler = 0x1000, .flags = flags});
  }
  // The signals a thread takes now, in order.
  std::vector<int> take_all(Lthread& thread) {
    std::vector<int> result;
    Taken taken;
    while (take_unblocked(thread, taken)) result.push_back(taken.info.signal);
    return result;
  }
  std::vector<Ref<Lthread>> all;
};

TEST_F(SignalStateTest, ProcessSignalWakesTheMainThreadOnly) {
  ASSERT_TRUE(send_to_process(from(kSigTerm)).ok());
  EXPECT_THAT(woken, ElementsAre(100));
  EXPECT_TRUE(thread(0).signals.signal_waits());
  EXPECT_FALSE(thread(1).signals.signal_waits());
}

TEST_F(SignalStateTest, ProcessSignalGoesToAThreadThatDoesNotBlockIt) {
  set_blocked(thread(0), set_of(kSigTerm));
  set_blocked(thread(1), set_of(kSigTerm));
  ASSERT_TRUE(send_to_process(from(kSigTerm)).ok());
  EXPECT_THAT(woken, ElementsAre(102));
  EXPECT_THAT(take_all(thread(0)), IsEmpty());
  EXPECT_THAT(take_all(thread(2)), ElementsAre(kSigTerm));
  EXPECT_FALSE(thread(2).signals.signal_waits());
}

TEST_F(SignalStateTest, BlockedByAllItWaitsUntilOneUnblocks) {
  for (auto& each : all) set_blocked(*each, set_of(kSigTerm));
  ASSERT_TRUE(send_to_process(from(kSigTerm)).ok());
  EXPECT_THAT(woken, IsEmpty());
  EXPECT_EQ(pending_for(thread(1)), set_of(kSigTerm));
  set_blocked(thread(1), 0);
  EXPECT_TRUE(thread(1).signals.signal_waits());
  EXPECT_THAT(take_all(thread(1)), ElementsAre(kSigTerm));
}

TEST_F(SignalStateTest, AThreadThatBlocksWhatItWasToldOfPassesItOn) {
  ASSERT_TRUE(send_to_process(from(kSigTerm)).ok());
  woken.clear();
  set_blocked(thread(0), set_of(kSigTerm));
  EXPECT_FALSE(thread(0).signals.signal_waits());
  EXPECT_THAT(woken, ElementsAre(101));
}

TEST_F(SignalStateTest, AThreadThatEndsPassesOnWhatItWasToldOf) {
  ASSERT_TRUE(send_to_process(from(kSigTerm)).ok());
  woken.clear();
  EXPECT_EQ(threads().remove(thread(0)), 2);
  EXPECT_THAT(woken, ElementsAre(101));
  EXPECT_THAT(take_all(thread(1)), ElementsAre(kSigTerm));
}

TEST_F(SignalStateTest, ThreadSignalStaysWithItsThread) {
  set_blocked(thread(1), set_of(kSigUsr1));
  ASSERT_TRUE(send_to_thread(thread(1), from(kSigUsr1)).ok());
  EXPECT_THAT(woken, IsEmpty());
  EXPECT_THAT(take_all(thread(0)), IsEmpty());
  EXPECT_FALSE(pending_unblocked(thread(1)));
  set_blocked(thread(1), 0);
  EXPECT_TRUE(pending_unblocked(thread(1)));
}

TEST_F(SignalStateTest, OwnSignalsComeBeforeTheProcesss) {
  handle(kSigHup);
  handle(kSigTerm);
  ASSERT_TRUE(send_to_process(from(kSigHup)).ok());
  ASSERT_TRUE(send_to_thread(thread(0), from(kSigTerm)).ok());
  EXPECT_THAT(take_all(thread(0)), ElementsAre(kSigTerm, kSigHup));
}

TEST_F(SignalStateTest, IgnoredSignalsAreDroppedUnlessBlocked) {
  ASSERT_TRUE(send_to_process(from(kSigChld)).ok());
  EXPECT_EQ(pending_for(thread(0)), 0u);
  set_blocked(thread(0), set_of(kSigChld));
  ASSERT_TRUE(send_to_process(from(kSigChld)).ok());
  EXPECT_EQ(pending_for(thread(0)), set_of(kSigChld));
}

TEST_F(SignalStateTest, IgnoringDropsWhatIsPendingEverywhere) {
  for (auto& each : all) set_blocked(*each, set_of(kSigUsr1));
  ASSERT_TRUE(send_to_process(from(kSigUsr1)).ok());
  ASSERT_TRUE(send_to_thread(thread(2), from(kSigUsr1)).ok());
  set_action(kSigUsr1, {.handler = kHandlerIgnore});
  EXPECT_EQ(pending_for(thread(2)), 0u);
}

TEST_F(SignalStateTest, ContinueAndStopCancelEachOther) {
  handle(kSigCont);
  set_blocked(thread(0), set_of(kSigCont));
  ASSERT_TRUE(send_to_thread(thread(0), from(kSigTstp)).ok());
  ASSERT_TRUE(send_to_process(from(kSigCont)).ok());
  EXPECT_EQ(pending_for(thread(0)), set_of(kSigCont));
  ASSERT_TRUE(send_to_process(from(kSigTtin)).ok());
  EXPECT_EQ(pending_for(thread(0)), set_of(kSigTtin));
}

TEST_F(SignalStateTest, ResetHandIsObeyedOnce) {
  handle(kSigUsr1, kActionResetHand | kActionInfo);
  ASSERT_TRUE(send_to_thread(thread(0), from(kSigUsr1)).ok());
  Taken taken;
  ASSERT_TRUE(take_unblocked(thread(0), taken));
  EXPECT_EQ(taken.action.handler, 0x1000u);
  EXPECT_EQ(get_action(kSigUsr1).handler, kHandlerDefault);
}

TEST_F(SignalStateTest, KillAndStopCannotBeBlocked) {
  set_blocked(thread(0), ~SignalSet{0});
  ASSERT_TRUE(send_to_thread(thread(0), from(kSigKill)).ok());
  EXPECT_THAT(take_all(thread(0)), ElementsAre(kSigKill));
}

TEST_F(SignalStateTest, WaitingForABlockedSignalWakes) {
  for (auto& each : all) set_blocked(*each, set_of(kSigUsr1));
  set_waited_for(thread(1), set_of(kSigUsr1));
  ASSERT_TRUE(send_to_process(from(kSigUsr1)).ok());
  EXPECT_THAT(woken, ElementsAre(101));
  Taken taken;
  EXPECT_FALSE(take_unblocked(thread(1), taken)) << "it is still blocked for handlers";
  Info info;
  EXPECT_TRUE(take_from(thread(1), set_of(kSigUsr1), info));
  EXPECT_EQ(info.sender.pid, 7);
}

struct Timer : QueuedSignal {
  explicit Timer(int signal) {
    info.signal = signal;
    info.code = kCodeTimer;
    QueuedSignal::taken = [](QueuedSignal&) {};
  }
};

TEST_F(SignalStateTest, ATimerThatIsNotHeardCountsOverruns) {
  Timer timer(kSigAlrm);
  handle(kSigAlrm);
  send_timer(timer, nullptr, 3);
  send_timer(timer, nullptr, 5);
  send_timer(timer, nullptr, uint64_t{1} << 40);
  EXPECT_EQ(timer.info.timer.overrun, INT32_MAX);
  EXPECT_THAT(take_all(thread(0)), ElementsAre(kSigAlrm));
  send_timer(timer, nullptr, 1);
  EXPECT_EQ(timer.info.timer.overrun, 0);
  withdraw_timer(timer, nullptr);
  EXPECT_FALSE(timer.linked());
  EXPECT_EQ(pending_for(thread(0)), 0u);
}

TEST_F(SignalStateTest, ATimersThreadThatEndedHearsNothing) {
  Timer timer(kSigAlrm);
  handle(kSigAlrm);
  send_timer(timer, &thread(1), 1);
  EXPECT_TRUE(timer.linked());
  threads().remove(thread(1));
  EXPECT_FALSE(timer.linked());
  send_timer(timer, &thread(1), 1);
  EXPECT_FALSE(timer.linked());
  EXPECT_THAT(take_all(thread(0)), IsEmpty());
}

TEST_F(SignalStateTest, HostThatSendsSignalsIsAnOutsideSender) {
  handle(kSigTerm);
  host_signals(set_of(kSigTerm));
  Taken taken;
  ASSERT_TRUE(take_unblocked(thread(0), taken));
  EXPECT_EQ(taken.info.code, kCodeUser);
  EXPECT_EQ(taken.info.sender.pid, 0);
}

TEST_F(SignalStateTest, HostThatForgesSignalsOfTheLibraryOrUncatchableOnes) {
  host_signals(set_of(kSigKill, kSigStop, 32, 33));
  EXPECT_EQ(pending_for(thread(0)), 0u);
  EXPECT_THAT(woken, IsEmpty());
}

TEST_F(SignalStateTest, HostsWindowIsNotThatOfAShieldedTerminal) {
  handle(kSigWinch);
  handle(kSigTerm);
  shield::shielded_terminal = true;
  host_signals(set_of(kSigWinch, kSigTerm));
  EXPECT_EQ(pending_for(thread(0)), set_of(kSigTerm));
  shield::shielded_terminal = false;
  host_signals(set_of(kSigWinch));
  EXPECT_EQ(pending_for(thread(0)), set_of(kSigTerm, kSigWinch));
}

TEST_F(SignalStateTest, HostThatForgesAFaultCannotGiveItAnAddress) {
  handle(kSigSegv);
  host_signals(~uint64_t{0});
  Taken taken;
  ASSERT_TRUE(take_unblocked(thread(0), taken));
  EXPECT_EQ(taken.info.code, kCodeUser);
  EXPECT_EQ(taken.info.fault.address, 0u);
}

TEST_F(SignalStateTest, HostThatRepeatsSignalsFillsNoQueue) {
  for (auto& each : all) set_blocked(*each, ~SignalSet{0});
  for (int i = 0; i < 3 * static_cast<int>(PendingSet::kLimit); ++i) host_signals(~uint64_t{0});
  Info info;
  uint32_t real_time = 0;
  while (take_from(thread(0), set_of(40), info)) ++real_time;
  EXPECT_LE(real_time, PendingSet::kLimit);
}

}  // namespace
}  // namespace scone::process
