#include "enclave/process/signal_state.h"

#include "enclave/process/signal.h"
#include "enclave/process/thread_list.h"

namespace scone::process {
namespace {

constinit SignalState state;

// Lock held. The thread looks at its signals before it next returns to the program or parks.
void wake(sched::Lthread& thread) {
  thread.signals.attention.fetch_or(kSignalWaits, std::memory_order_acq_rel);
  sched::unpark(thread);
}

// Lock held; the thread itself, or one that is told anew.
void recompute(sched::Lthread& thread) {
  ThreadSignals& signals = thread.signals;
  if ((signals.pending.signals() | state.pending.signals()) & ~signals.refused())
    signals.attention.fetch_or(kSignalWaits, std::memory_order_acq_rel);
  else
    signals.attention.fetch_and(~uint32_t{kSignalWaits}, std::memory_order_acq_rel);
}

// Signal lock and list lock held.
template <typename Threads>
void tell_somebody(Threads& list, SignalSet signals) {
  for (; signals; signals &= signals - 1)
    if (sched::Lthread* receiver = choose_receiver(list, lowest(signals))) wake(*receiver);
}

// Stop signals cancel SIGCONT and the other way round (signal(7)). Both locks held.
template <typename Threads>
void discard_opposite(Threads& list, int signal) {
  SignalSet opposite = 0;
  if (signal == kSigCont) opposite = kStopping;
  if (kStopping & set_of(signal)) opposite = set_of(kSigCont);
  if (!opposite) return;
  state.pending.discard(opposite);
  for (sched::Lthread& thread : list) thread.signals.pending.discard(opposite);
}

// A blocked signal is kept even if it is ignored now: the action may change before it is unblocked.
bool is_dropped(const sched::Lthread& thread, int signal) {
  return state.actions.disposition_of(signal) == Disposition::kIgnore &&
         !(thread.signals.blocked & set_of(signal));
}

// The count saturates (timer_getoverrun(2), DELAYTIMER_MAX).
void add_overrun(Info& info, uint64_t times) {
  const uint64_t sum = static_cast<uint64_t>(info.timer.overrun) + times;
  info.timer.overrun = sum < INT32_MAX ? static_cast<int32_t>(sum) : INT32_MAX;
}

}  // namespace

SignalState& signal_state() { return state; }

Result<void> send_to_thread(sched::Lthread& thread, const Info& info) {
  Result<void> result;
  threads().with_list([&](auto& list) {
    sched::SpinGuard guard(state.lock);
    discard_opposite(list, info.signal);
    if (thread.signals.exiting || is_dropped(thread, info.signal)) return;
    result = thread.signals.pending.add(info);
    if (result.ok() && !(thread.signals.refused() & set_of(info.signal))) wake(thread);
  });
  state.arrivals.notify(~uint32_t{0});
  return result;
}

Result<void> send_to_process(const Info& info) {
  Result<void> result;
  threads().with_list([&](auto& list) {
    sched::SpinGuard guard(state.lock);
    discard_opposite(list, info.signal);
    sched::Lthread* first = list.front();
    if (!first || is_dropped(*first, info.signal)) return;
    result = state.pending.add(info);
    if (result.ok()) tell_somebody(list, set_of(info.signal));
  });
  state.arrivals.notify(~uint32_t{0});
  return result;
}

void send_timer(QueuedSignal& entry, sched::Lthread* thread, uint64_t times) {
  const int signal = entry.info.signal;
  threads().with_list([&](auto& list) {
    sched::SpinGuard guard(state.lock);
    if (entry.linked()) {
      add_overrun(entry.info, times);
      return;
    }
    sched::Lthread* judge = thread ? thread : list.front();
    if (!judge || judge->signals.exiting || is_dropped(*judge, signal)) return;
    entry.info.timer.overrun = 0;
    add_overrun(entry.info, times - 1);
    (thread ? thread->signals.pending : state.pending).add(entry);
    if (!thread)
      tell_somebody(list, set_of(signal));
    else if (!(thread->signals.refused() & set_of(signal)))
      wake(*thread);
  });
  state.arrivals.notify(~uint32_t{0});
}

void withdraw_timer(QueuedSignal& entry, sched::Lthread* thread) {
  sched::SpinGuard guard(state.lock);
  if (entry.linked()) (thread ? thread->signals.pending : state.pending).withdraw(entry);
}

bool take_unblocked(sched::Lthread& self, Taken& taken) {
  sched::SpinGuard guard(state.lock);
  const SignalSet wanted = ~self.signals.blocked;
  const bool found = self.signals.pending.take(wanted, taken.info) || state.pending.take(wanted, taken.info);
  recompute(self);
  if (!found) return false;
  taken.action = state.actions[taken.info.signal];
  if ((taken.action.flags & kActionResetHand) &&
      disposition(taken.action, taken.info.signal) == Disposition::kHandler)
    state.actions.reset(taken.info.signal);
  return true;
}

bool take_from(sched::Lthread& self, SignalSet wanted, Info& info) {
  sched::SpinGuard guard(state.lock);
  const bool found = self.signals.pending.take(wanted, info) || state.pending.take(wanted, info);
  recompute(self);
  return found;
}

SignalSet pending_for(sched::Lthread& thread) {
  sched::SpinGuard guard(state.lock);
  return thread.signals.pending.signals() | state.pending.signals();
}

bool pending_unblocked(sched::Lthread& thread) { return pending_for(thread) & ~thread.signals.refused(); }

void set_blocked(sched::Lthread& self, SignalSet mask) {
  mask &= ~kUnblockable;
  // Only newly blocked signals can need another receiver; the common case does without the thread list.
  if (!(mask & ~self.signals.blocked)) {
    sched::SpinGuard guard(state.lock);
    self.signals.blocked = mask;
    return recompute(self);
  }
  threads().with_list([&](auto& list) {
    sched::SpinGuard guard(state.lock);
    const SignalSet given_up = mask & ~self.signals.blocked & state.pending.signals();
    self.signals.blocked = mask;
    recompute(self);
    tell_somebody(list, given_up);
  });
}

void set_waited_for(sched::Lthread& self, SignalSet wanted) {
  sched::SpinGuard guard(state.lock);
  self.signals.waited_for = wanted & ~kUnblockable;
  recompute(self);
}

Action set_action(int signal, const Action& action) {
  Action old;
  threads().with_list([&](auto& list) {
    sched::SpinGuard guard(state.lock);
    old = state.actions[signal];
    state.actions.set(signal, action);
    if (state.actions.disposition_of(signal) != Disposition::kIgnore) return;
    state.pending.discard(set_of(signal));
    for (sched::Lthread& thread : list) thread.signals.pending.discard(set_of(signal));
  });
  return old;
}

Action get_action(int signal) {
  sched::SpinGuard guard(state.lock);
  return state.actions[signal];
}

void force_fault(int signal, int code, uint64_t address) {
  sched::Lthread& self = sched::current();
  sched::SpinGuard guard(state.lock);
  const SignalSet bit = set_of(signal);
  // As the kernel's force_sig: a fault that cannot be handled now must not come back for ever.
  if ((self.signals.blocked & bit) || state.actions.disposition_of(signal) == Disposition::kIgnore) {
    state.actions.reset(signal);
    self.signals.blocked &= ~bit;
  }
  // Only this thread's own faults come first; an older, asynchronous one of the same number gives way.
  self.signals.pending.discard(bit);
  (void)self.signals.pending.add(Info::from_fault(signal, code, address)).ok();
  recompute(self);
}

void retire(sched::Lthread& thread, ThreadList::List& rest) {
  sched::SpinGuard guard(state.lock);
  thread.signals.exiting = true;
  thread.signals.pending.discard(~SignalSet{0});
  tell_somebody(rest, state.pending.signals() & ~thread.signals.refused());
}

}  // namespace scone::process
