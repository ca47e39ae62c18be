// Signals: signal(7) and the pages of the individual calls. Defined in signal.cc (actions, masks, waiting) and
// signal_send.cc (kill and its relatives).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/process/signal_set.h"

struct __kernel_timespec;

namespace scone::process {
struct Action;
struct Info;
struct SignalStack;
}  // namespace scone::process

namespace scone::syscall {

// Sets or reads what happens on a signal.
Result<void> sys_rt_sigaction(int signal, AppPtr<const process::Action> action, AppPtr<process::Action> old,
                              size_t set_size);
// Changes or reads the thread's mask.
Result<void> sys_rt_sigprocmask(int how, AppPtr<const process::SignalSet> set, AppPtr<process::SignalSet> old,
                                size_t set_size);
// Reads which blocked signals wait.
Result<void> sys_rt_sigpending(AppPtr<void> set, size_t set_size);
// Waits for a signal under another mask.
Result<int> sys_rt_sigsuspend(AppPtr<const process::SignalSet> mask, size_t set_size);
// Takes a signal of a set, waiting for it if need be. Returns its number.
Result<int> sys_rt_sigtimedwait(AppPtr<const process::SignalSet> set, AppPtr<process::Info> info,
                                AppPtr<const __kernel_timespec> timeout, size_t set_size);
// Leaves a signal handler; the result is the interrupted code's rax.
Result<uint64_t> sys_rt_sigreturn();
// Sets or reads the thread's alternate signal stack.
Result<void> sys_sigaltstack(AppPtr<const process::SignalStack> stack, AppPtr<process::SignalStack> old);
// Waits for a signal.
Result<int> sys_pause();
// Continues an interrupted call with the time that is left; the program does not call it itself.
Result<uint64_t> sys_restart_syscall();
// A descriptor from which signals are read.
Result<int> sys_signalfd(int fd, AppPtr<const process::SignalSet> mask, size_t set_size);
Result<int> sys_signalfd4(int fd, AppPtr<const process::SignalSet> mask, size_t set_size, int flags);

// Sends to a process, or to a process group.
Result<void> sys_kill(int pid, int signal);
// Send to a thread.
Result<void> sys_tkill(int tid, int signal);
Result<void> sys_tgkill(int pid, int tid, int signal);
// Send with siginfo.
Result<void> sys_rt_sigqueueinfo(int pid, int signal, AppPtr<const process::Info> info);
Result<void> sys_rt_tgsigqueueinfo(int pid, int tid, int signal, AppPtr<const process::Info> info);

}  // namespace scone::syscall
