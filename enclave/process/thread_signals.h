// The part of a thread that concerns signals; embedded in sched::Lthread.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"
#include "enclave/process/pending_set.h"
#include "enclave/process/signal_set.h"

namespace scone::process {

// What the way back to the program must look at (ThreadSignals::attention). Zero: nothing.
enum Attention : uint32_t {
  kSignalWaits = 1,     // probably a signal to take: set by senders, recomputed by the thread
  kRestartPending = 2,  // the system call ended with restart_code
  kMaskToRestore = 4,   // saved_mask holds the mask from before ppoll, sigsuspend, …
};

// sigaltstack(2).
struct AlternateStack {
  uint64_t base = 0;
  uint64_t size = 0;         // 0: none
  bool auto_disarm = false;  // SS_AUTODISARM: none while a handler runs on it

  bool enabled() const { return size != 0; }
  // True if a stack pointer points into it (the stack grows down from base + size).
  bool holds(uint64_t sp) const { return sp > base && sp - base <= size; }
  // True if a thread with this stack pointer counts as running on it.
  bool in_use(uint64_t sp) const { return !auto_disarm && holds(sp); }
};

// How restart_syscall(2) continues an interrupted call (kRestartBlock).
struct RestartBlock {
  using Function = Result<uint64_t> (*)(const RestartBlock&);
  Function function = nullptr;
  uint64_t data[6] = {};
};

struct ThreadSignals {
  // Any thread may read and set bits; only the thread itself clears them.
  std::atomic<uint32_t> attention{0};

  // Guarded by the signal lock (signal_state.h); the thread itself may read `blocked` without. Never blocks kUnblockable.
  SignalSet blocked = 0;
  SignalSet waited_for = 0;  // rt_sigtimedwait: blocked signals it wants nevertheless
  PendingSet pending;
  bool exiting = false;  // takes no more signals
  SignalSet refused() const { return blocked & ~waited_for; }

  // The thread's own.
  SignalSet saved_mask = 0;
  int restart_code = 0;  // a kRestart… code; valid with kRestartPending
  RestartBlock restart;
  AlternateStack alternate;
  // Last exception, as mcontext shows it.
  uint64_t trap_number = 0, trap_error = 0, trap_address = 0;

  ThreadSignals() = default;
  ~ThreadSignals() { pending.discard(~SignalSet{0}); }

  // Quick and without lock; may be a false alarm, never a miss.
  bool signal_waits() const { return attention.load(std::memory_order_acquire) & kSignalWaits; }
};

}  // namespace scone::process
