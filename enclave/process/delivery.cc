// Delivery of signals on the way back to the program.
#include <asm/unistd.h>
#include <linux/errno.h>

#include "abi/layout.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/entry/code_address.h"
#include "enclave/entry/vector.h"
#include "enclave/process/alternate_stack.h"
#include "enclave/process/default_action.h"
#include "enclave/process/restart_decision.h"
#include "enclave/process/signal.h"
#include "enclave/process/signal_frame.h"
#include "enclave/process/signal_state.h"
#include "enclave/process/vector_state.h"

namespace scone::process {
namespace {

using entry::UserFrame;
using sched::Lthread;

void clear_attention(Lthread& self, Attention bit) {
  self.signals.attention.fetch_and(~uint32_t{bit}, std::memory_order_acq_rel);
}

bool has_attention(const Lthread& self, Attention bit) {
  return self.signals.attention.load(std::memory_order_relaxed) & bit;
}

// Makes the program see EINTR, or execute its system call again. action: of the handler about to run, if any.
void resolve_restart(Lthread& self, UserFrame& frame, const Action* action) {
  if (!has_attention(self, kRestartPending)) return;
  clear_attention(self, kRestartPending);
  const bool sa_restart = action && (action->flags & kActionRestart);
  const RestartDecision decision = decide_restart(self.signals.restart_code, action != nullptr, sa_restart);
  if (decision == RestartDecision::kInterrupted) {
    frame.rax = static_cast<uint64_t>(int64_t{-EINTR});
    return;
  }
  frame.rip = entry::restart_address(frame);
  frame.rax = decision == RestartDecision::kContinue ? uint64_t{__NR_restart_syscall} : frame.orig_rax;
}

// The mask that the program will have again after the handler.
SignalSet mask_to_save(const Lthread& self) {
  return has_attention(self, kMaskToRestore) ? self.signals.saved_mask : self.signals.blocked;
}

void describe_interruption(Lthread& self, const UserFrame& frame, const Taken& taken, uint64_t fpstate,
                           SignalFrame& result) {
  const ThreadSignals& signals = self.signals;
  result.return_address = taken.action.restorer;
  result.context.flags = kContextFlags;
  result.context.link = 0;
  result.context.stack = describe(signals.alternate, frame.rsp);
  result.context.stack.flags &= ~kStackOnStack;
  SignalContext& registers = result.context.registers;
  fill_context(registers, frame, entry::program_address(frame.rip));
  registers.trap = signals.trap_number;
  registers.error = signals.trap_error;
  registers.cr2 = signals.trap_address;
  registers.fpstate = fpstate;
  result.context.mask = mask_to_save(self);
  registers.old_mask = result.context.mask;
  result.info = taken.info;
}

// Writes the frame. EFAULT: no room, or memory that cannot be written.
Result<uint64_t> push_frame(Lthread& self, const UserFrame& frame, const Taken& taken) {
  if (!(taken.action.flags & kActionRestorer)) return Errno(EFAULT);
  const VectorLayout layout = layout_for(entry::xfrm());
  const FramePlacement place = place_frame(frame.rsp, self.signals.alternate,
                                           taken.action.flags & kActionOnStack, layout.size + kMagic2Size);
  if (!place.fits) return Errno(EFAULT);
  entry::save_vector(self);
  mark_for_frame(self.xsave_area(), layout);
  TRY(boundary::copy_to_app(AppPtr<void>(place.fpstate), self.xsave_area(), layout.size));
  TRY(boundary::write_app(AppPtr<uint32_t>(place.fpstate + layout.size), kMagic2));
  SignalFrame content;
  describe_interruption(self, frame, taken, place.fpstate, content);
  TRY(boundary::write_app(AppPtr<SignalFrame>(place.frame), content));
  return place.frame;
}

void enter_handler(Lthread& self, UserFrame& frame, const Taken& taken, uint64_t sp) {
  frame.rdi = static_cast<uint64_t>(taken.info.signal);
  frame.rsi = sp + offsetof(SignalFrame, info);
  frame.rdx = sp + offsetof(SignalFrame, context);
  frame.rax = 0;
  frame.rip = taken.action.handler;
  frame.rsp = sp;
  frame.rflags &= ~kFlagDirection;
  frame.flags = entry::kFrameFullRestore;
  set_initial_state(self.xsave_area());
  if (self.signals.alternate.auto_disarm) self.signals.alternate = {};
  clear_attention(self, kMaskToRestore);
  SignalSet mask = self.signals.blocked | taken.action.mask;
  if (!(taken.action.flags & kActionNoDefer)) mask |= set_of(taken.info.signal);
  set_blocked(self, mask);
}

void handle(Lthread& self, UserFrame& frame, const Taken& taken) {
  resolve_restart(self, frame, &taken.action);
  const bool handler_in_program = taken.action.handler < abi::program_end(entry::this_ethread().enclave_size);
  Result<uint64_t> sp = handler_in_program ? push_frame(self, frame, taken) : Errno(EFAULT);
  if (sp.ok()) return enter_handler(self, frame, taken, sp.value());
  // As the kernel: SIGSEGV instead, and without its handler if it was SIGSEGV that could not be delivered.
  if (taken.info.signal == kSigSegv) set_action(kSigSegv, Action{});
  force_fault(kSigSegv, kCodeKernel, 0);
}

}  // namespace

void note_restart(Lthread& thread, int code) {
  thread.signals.restart_code = code;
  thread.signals.attention.fetch_or(kRestartPending, std::memory_order_relaxed);
}

bool needs_delivery(const Lthread& thread) {
  return thread.signals.attention.load(std::memory_order_acquire) != 0;
}

void deliver_pending(UserFrame& frame) {
  Lthread& self = sched::current();
  Taken taken;
  while (self.signals.signal_waits() && take_unblocked(self, taken)) {
    const Disposition what = disposition(taken.action, taken.info.signal);
    if (what == Disposition::kHandler)
      handle(self, frame, taken);
    else
      perform_default(what, taken.info.signal);
  }
  resolve_restart(self, frame, nullptr);
  if (!has_attention(self, kMaskToRestore)) return;
  clear_attention(self, kMaskToRestore);
  set_blocked(self, self.signals.saved_mask);
  // The old mask may let signals through that the temporary one held back.
  if (self.signals.signal_waits()) deliver_pending(frame);
}

}  // namespace scone::process
