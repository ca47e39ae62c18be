// Signals: sending, masking, and delivery on the way back to the program (signal(7)).
//
// All sending functions may be called from any context (also timer callbacks and the scheduler) with no spin lock of rank
// kProcess or above held, and never park.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/entry/user_frame.h"
#include "enclave/process/restart.h"
#include "enclave/process/signal_info.h"
#include "enclave/process/signal_set.h"

namespace scone::sched {
class Lthread;
}

namespace scone::process {

struct RestartBlock;

// --- Sending ---

// To the current thread, as the kernel does for SIGPIPE or SIGXFSZ.
void raise_for_current(int signal);
// To one thread, to the process (a thread that does not block it takes it). EAGAIN: a real-time signal found the queue full.
Result<void> send_to_thread(sched::Lthread& thread, const Info& info);
Result<void> send_to_process(const Info& info);
// A fault of the current thread's instruction: SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP with a si_code > 0. Blocked
// or ignored, it ends the process.
void force_fault(int signal, int code, uint64_t address);
// Signals that arrived at the host: bit n-1 for signal n. Untrusted: what no host can send is dropped.
void host_signals(uint64_t bits);

// --- Waiting ---

// True if the thread has a signal to take. Exact, takes the signal lock; sched::interrupted() is the quick way
// (thread.signals.signal_waits()).
bool pending_unblocked(sched::Lthread& thread);

// Replaces the current thread's mask during ppoll, pselect6, epoll_pwait, sigsuspend. When the wait is interrupted, the
// old mask comes back only at delivery: after the handler ran, as on Linux.
class TemporaryMask {
 public:
  TemporaryMask() = default;
  ~TemporaryMask();
  TemporaryMask(const TemporaryMask&) = delete;
  TemporaryMask& operator=(const TemporaryMask&) = delete;

  // From a program's sigset; a null pointer changes nothing. EINVAL (size), EFAULT.
  Result<void> install(AppPtr<const SignalSet> mask, uint64_t size);
  void install(SignalSet mask);
  // Passes the result of the wait through; call it last. EINTR and restart codes leave the old mask to delivery.
  template <typename T>
  Result<T> finish(Result<T> result) {
    if (!result.ok() && is_interruption(result.error().code())) leave_to_delivery();
    return result;
  }
  void leave_to_delivery();

 private:
  static bool is_interruption(int code) { return code == EINTR || is_restart(code); }
  bool installed_ = false;
};

// Ends a system call with Errno(kRestartBlock): restart_syscall(2) will call function(block) if no handler runs.
Errno restart_with(Result<uint64_t> (*function)(const RestartBlock&), const uint64_t (&data)[6]);

// --- Delivery ---

// For the dispatcher: the call ended with a restart code; deliver_pending decides what the program sees.
void note_restart(sched::Lthread& thread, int code);
// True if deliver_pending has something to do for the current thread. Quick.
bool needs_delivery(const sched::Lthread& thread);
// On the way back to the program, on the thread's kernel stack, nothing locked: resolves restarts, builds signal
// frames, performs default actions. May fault on program memory, park, or never return.
void deliver_pending(entry::UserFrame& frame);

// An exception in program code (SDM vol. 3, table 6-1): resolved, emulated, or turned into a signal for deliver_pending. On the
// thread's kernel stack, may park. `address`: of a page fault.
void handle_exception(entry::UserFrame& frame, uint64_t vector, uint64_t error_code, uint64_t address);

}  // namespace scone::process
