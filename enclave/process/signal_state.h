// The signal state of the process and the steps that are made under its lock. For this directory and the signal system
// calls; everybody else uses signal.h.
#pragma once

#include <atomic>

#include "enclave/process/action.h"
#include "enclave/process/pending_set.h"
#include "enclave/process/receiver.h"
#include "enclave/process/thread_list.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/lthread.h"
#include "enclave/sched/wait_queue.h"

namespace scone::process {

struct SignalState {
  // Guards actions, pending, and of every thread: blocked, waited_for, pending, exiting. The thread list's lock is
  // taken before it where both are needed.
  sched::SpinLock lock{sched::LockRank::kSignal};
  ActionTable actions;
  PendingSet pending;  // sent to the process, not yet taken by a thread

  // Signal descriptors (signalfd(2)) are told of every signal.
  sched::WaitQueue arrivals;
};
SignalState& signal_state();

// The action of a taken signal, and who must obey it.
struct Taken {
  Info info;
  Action action;
};

// All of these: for the current thread, lock not held.

// Takes the next signal that is not blocked, if any; recomputes kSignalWaits. SA_RESETHAND has been obeyed.
bool take_unblocked(sched::Lthread& self, Taken& taken);
// Takes one of `wanted`, blocked or not.
bool take_from(sched::Lthread& self, SignalSet wanted, Info& info);
// Signals that wait for the thread or the process.
SignalSet pending_for(sched::Lthread& thread);

// Replaces the mask (without kUnblockable). Signals of the process that the thread no longer takes go to others.
void set_blocked(sched::Lthread& self, SignalSet mask);
// rt_sigtimedwait: which blocked signals wake the thread nevertheless.
void set_waited_for(sched::Lthread& self, SignalSet wanted);

// rt_sigaction: returns the old action. Pending signals that become ignored are dropped.
Action set_action(int signal, const Action& action);
Action get_action(int signal);

// A timer expired `times` times: sends its own entry to `thread`, or to the process if that is null. What comes
// while the entry is still pending counts as overrun.
void send_timer(QueuedSignal& entry, sched::Lthread* thread, uint64_t times);
// Takes the entry back if it is pending.
void withdraw_timer(QueuedSignal& entry, sched::Lthread* thread);

// The thread takes no more signals: those of the process that it was told of go to one of `rest`, the list without
// it, whose lock is held.
void retire(sched::Lthread& thread, ThreadList::List& rest);

}  // namespace scone::process
