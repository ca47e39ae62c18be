#include <linux/errno.h>

#include "enclave/process/own_ids.h"
#include "enclave/process/signal.h"
#include "enclave/process/signal_state.h"
#include "enclave/shield/console.h"

namespace scone::process {

Result<void> TemporaryMask::install(AppPtr<const SignalSet> mask, uint64_t size) {
  if (!mask) return ok();
  if (size != kSignalSetSize) return Errno(EINVAL);
  install(TRY(boundary::read_app(mask)));
  return ok();
}

void TemporaryMask::install(SignalSet mask) {
  sched::Lthread& self = sched::current();
  self.signals.saved_mask = self.signals.blocked;
  installed_ = true;
  set_blocked(self, mask);
}

void TemporaryMask::leave_to_delivery() {
  if (!installed_) return;
  installed_ = false;
  sched::current().signals.attention.fetch_or(kMaskToRestore, std::memory_order_relaxed);
}

TemporaryMask::~TemporaryMask() {
  if (!installed_) return;
  sched::Lthread& self = sched::current();
  set_blocked(self, self.signals.saved_mask);
}

Errno restart_with(Result<uint64_t> (*function)(const RestartBlock&), const uint64_t (&data)[6]) {
  RestartBlock& block = sched::current().signals.restart;
  block.function = function;
  for (int i = 0; i < 6; ++i) block.data[i] = data[i];
  return Errno(kRestartBlock);
}

void raise_for_current(int signal) {
  (void)send_to_thread(sched::current(), Info::from_sender(signal, kCodeUser, own_pid(), own_uid())).ok();
}

void host_signals(uint64_t bits) {
  // SIGKILL and SIGSTOP act on the host's process itself. The first two real-time signals belong to the C library,
  // which sends them to single threads only.
  bits &= ~(kUnblockable | set_of(kSigRtMin, kSigRtMin + 1));
  // The size of the host's terminal is none of the program's; the client tells of its own, in order with the keys.
  if (shield::has_shielded_terminal()) bits &= ~set_of(kSigWinch);
  for (; bits; bits &= bits - 1) (void)send_to_process(Info::from_sender(lowest(bits), kCodeUser, 0, 0)).ok();
}

}  // namespace scone::process
