#include "enclave/syscall/signal.h"

#include <linux/errno.h>
#include <linux/time_types.h>

#include "enclave/process/action.h"
#include "enclave/process/alternate_stack.h"
#include "enclave/process/signal.h"
#include "enclave/process/signal_frame.h"
#include "enclave/process/signal_state.h"
#include "enclave/process/sigreturn.h"
#include "enclave/sched/sched.h"
#include "enclave/time/duration.h"

namespace scone::syscall {
namespace {

using process::Action;
using process::Info;
using process::SignalSet;
using process::SignalStack;

enum How : int { kBlock = 0, kUnblock = 1, kSetMask = 2 };

Result<SignalSet> changed_mask(SignalSet mask, int how, SignalSet set) {
  switch (how) {
    case kBlock:
      return mask | set;
    case kUnblock:
      return mask & ~set;
    case kSetMask:
      return set;
    default:
      return Errno(EINVAL);
  }
}

void park_until_signal(sched::Lthread& self) {
  while (!process::pending_unblocked(self)) sched::park();
}

// Waits for one of `wanted`. EAGAIN: the deadline passed; EINTR: another signal came first.
Result<void> wait_for(sched::Lthread& self, SignalSet wanted, uint64_t deadline, Info& info) {
  process::set_waited_for(self, wanted);
  Result<void> result;
  while (!process::take_from(self, wanted, info)) {
    if (process::pending_unblocked(self))
      result = Errno(EINTR);
    else if (deadline != sched::kNever && sched::now_ns() >= deadline)
      result = Errno(EAGAIN);
    if (!result.ok()) break;
    sched::park(deadline);
  }
  process::set_waited_for(self, 0);
  return result;
}

}  // namespace

Result<void> sys_rt_sigaction(int signal, AppPtr<const Action> action, AppPtr<Action> old, size_t set_size) {
  if (set_size != process::kSignalSetSize || !process::is_signal(signal)) return Errno(EINVAL);
  Action previous;
  if (action) {
    const Action wanted = TRY(boundary::read_app(action));
    if (process::kUnblockable & process::set_of(signal)) return Errno(EINVAL);
    previous = process::set_action(signal, wanted);
  } else {
    previous = process::get_action(signal);
  }
  return old ? boundary::write_app(old, previous) : ok();
}

Result<void> sys_rt_sigprocmask(int how, AppPtr<const SignalSet> set, AppPtr<SignalSet> old,
                                size_t set_size) {
  if (set_size != process::kSignalSetSize) return Errno(EINVAL);
  sched::Lthread& self = sched::current();
  const SignalSet previous = self.signals.blocked;
  if (set) {
    const SignalSet wanted = TRY(boundary::read_app(set));
    process::set_blocked(self, TRY(changed_mask(previous, how, wanted)));
  }
  return old ? boundary::write_app(old, previous) : ok();
}

Result<void> sys_rt_sigpending(AppPtr<void> set, size_t set_size) {
  if (set_size > process::kSignalSetSize) return Errno(EINVAL);
  sched::Lthread& self = sched::current();
  const SignalSet pending = process::pending_for(self) & self.signals.blocked;
  return boundary::copy_to_app(set, &pending, set_size);
}

Result<int> sys_rt_sigsuspend(AppPtr<const SignalSet> mask, size_t set_size) {
  if (set_size != process::kSignalSetSize) return Errno(EINVAL);
  process::TemporaryMask temporary;
  temporary.install(TRY(boundary::read_app(mask)));
  park_until_signal(sched::current());
  return temporary.finish<int>(Errno(process::kRestartNoHand));
}

Result<int> sys_rt_sigtimedwait(AppPtr<const SignalSet> set, AppPtr<Info> info,
                                AppPtr<const __kernel_timespec> timeout, size_t set_size) {
  if (set_size != process::kSignalSetSize) return Errno(EINVAL);
  const SignalSet wanted = TRY(boundary::read_app(set)) & ~process::kUnblockable;
  uint64_t deadline = sched::kNever;
  if (timeout) deadline = time::add(sched::now_ns(), TRY(time::ns_from(TRY(boundary::read_app(timeout)))));
  Info taken;
  TRY(wait_for(sched::current(), wanted, deadline, taken));
  if (info) TRY(boundary::write_app(info, taken));
  return taken.signal;
}

Result<uint64_t> sys_rt_sigreturn() {
  entry::UserFrame& frame = sched::current().frame();
  process::return_from_handler(frame);
  return frame.rax;
}

Result<void> sys_sigaltstack(AppPtr<const SignalStack> stack, AppPtr<SignalStack> old) {
  sched::Lthread& self = sched::current();
  const uint64_t sp = self.frame().rsp;
  const SignalStack previous = process::describe(self.signals.alternate, sp);
  if (stack) TRY(process::set_alternate_stack(self.signals.alternate, TRY(boundary::read_app(stack)), sp));
  return old ? boundary::write_app(old, previous) : ok();
}

Result<int> sys_pause() {
  park_until_signal(sched::current());
  return Errno(process::kRestartNoHand);
}

Result<uint64_t> sys_restart_syscall() {
  const process::RestartBlock block = sched::current().signals.restart;
  if (!block.function) return Errno(EINTR);
  return block.function(block);
}

}  // namespace scone::syscall
