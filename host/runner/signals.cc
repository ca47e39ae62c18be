#include "host/runner/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/runner/ethread.h"

namespace scone::host {
namespace {

constexpr long kTickNs = 4'000'000;  // as coarse as the kernel's own time slices

Process* g_process;

int tick_signal() { return SIGRTMAX - 1; }
int lease_signal() { return static_cast<int>(abi::kLeaseSignal); }

void on_tick(int, siginfo_t*, void* ucontext) { tick(*g_process, ucontext); }

void on_signal(int signal, siginfo_t*, void* ucontext) {
  __atomic_fetch_or(&g_process->memory.shared().pending_signals, uint64_t{1} << (signal - 1), __ATOMIC_SEQ_CST);
  g_process->sleeper.wake_any();
  tick(*g_process, ucontext);
}

void on_lease(int, siginfo_t*, void* ucontext) {
  __atomic_store_n(&g_process->memory.shared().leases_wanted, 1, __ATOMIC_SEQ_CST);
  g_process->sleeper.wake_any();
  tick(*g_process, ucontext);
}

bool is_for_enclave(int signal) {
  switch (signal) {
    case SIGKILL: case SIGSTOP:                                               // cannot be caught
    case SIGSEGV: case SIGBUS: case SIGFPE: case SIGILL: case SIGTRAP: case SIGSYS:  // the device's
    case SIGTTIN: case SIGTTOU:  // stop the runner, and the program with it: a caught one would only be sent again and again
    case SIGPIPE:
      return false;
    default:
      return signal != tick_signal() && signal != cancel_signal() && signal != lease_signal() &&
             signal != 32 && signal != 33;  // 32, 33: the C library's
  }
}

}  // namespace

Result<void> install_signal_handlers(Process& process) {
  g_process = &process;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);  // the enclave raises its own
  for (int signal = 1; signal < 65; ++signal) {
    struct sigaction inherited {};
    // What was ignored when we were started stays ignored (nohup).
    if (!is_for_enclave(signal) || (sigaction(signal, nullptr, &inherited) == 0 && inherited.sa_handler == SIG_IGN)) continue;
    TRY(process.device.install_async_handler(signal, on_signal, SA_RESTART));
  }
  TRY(process.device.install_async_handler(lease_signal(), on_lease, SA_RESTART));
  return process.device.install_async_handler(tick_signal(), on_tick, SA_RESTART);
}

int64_t stop_process(uint64_t signal) {
  if (signal != SIGSTOP && signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU) return -EINVAL;
  const int number = static_cast<int>(signal);
  struct sigaction before {};
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  sigset_t this_one, mask;
  sigemptyset(&this_one);
  sigaddset(&this_one, number);
  pthread_sigmask(SIG_UNBLOCK, &this_one, &mask);
  const bool caught = sigaction(number, &by_default, &before) == 0;  // not of SIGSTOP
  // To this thread: it is delivered before the call returns, while there is no handler.
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
  if (caught) sigaction(number, &before, nullptr);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  return 0;
}

void start_tick() {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = tick_signal();
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
  timer_t timer;
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0) return;  // fairness only
  const itimerspec interval{{0, kTickNs}, {0, kTickNs}};
  timer_settime(timer, 0, &interval, nullptr);
}

}  // namespace scone::host
