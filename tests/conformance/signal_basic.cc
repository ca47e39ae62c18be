// Handlers, siginfo, default actions, queued real-time signals.
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <vector>

#include "check.h"
#include "support.h"

namespace {

volatile sig_atomic_t count;
volatile int last_code, last_pid, last_value, last_signal;

void on_signal(int signal, siginfo_t* info, void*) {
  count = count + 1;
  last_signal = signal;
  last_code = info->si_code;
  last_pid = info->si_pid;
  last_value = info->si_value.sival_int;
}

void catch_signal(int number, int flags = 0) {
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | flags;
  sigaction(number, &action, nullptr);
  count = 0;
}

}  // namespace

CASE(raise_runs_the_handler_before_it_returns) {
  catch_signal(SIGUSR1);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(count, 1);
  CHECK_EQ(last_signal, SIGUSR1);
  CHECK_EQ(last_code, SI_TKILL);
  CHECK_EQ(last_pid, getpid());
}

CASE(kill_of_oneself) {
  catch_signal(SIGUSR2);
  CHECK_EQ(kill(getpid(), SIGUSR2), 0);
  CHECK_EQ(count, 1);
  CHECK_EQ(last_code, SI_USER);
}

CASE(value_of_sigqueue) {
  catch_signal(SIGUSR1);
  CHECK_EQ(sigqueue(getpid(), SIGUSR1, {.sival_int = 1234}), 0);
  CHECK_EQ(count, 1);
  CHECK_EQ(last_code, SI_QUEUE);
  CHECK_EQ(last_value, 1234);
}

CASE(actions_are_told_back) {
  struct sigaction action = {}, old = {};
  catch_signal(SIGUSR1, SA_RESTART | SA_NODEFER);
  CHECK_EQ(sigaction(SIGUSR1, nullptr, &old), 0);
  CHECK(old.sa_sigaction == on_signal);
  CHECK_EQ(old.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO), SA_RESTART | SA_NODEFER | SA_SIGINFO);
  action.sa_handler = SIG_IGN;
  CHECK_EQ(sigaction(SIGUSR1, &action, &old), 0);
  CHECK(old.sa_sigaction == on_signal);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(count, 0);
  CHECK_ERRNO(sigaction(SIGKILL, &action, nullptr), EINVAL);
  CHECK_ERRNO(sigaction(SIGSTOP, &action, nullptr), EINVAL);
  CHECK_ERRNO(sigaction(65, &action, nullptr), EINVAL);
  CHECK_ERRNO(sigaction(0, &action, nullptr), EINVAL);
}

CASE(ignored_by_default) {
  signal(SIGCHLD, SIG_DFL);
  signal(SIGWINCH, SIG_DFL);
  signal(SIGURG, SIG_DFL);
  CHECK_EQ(raise(SIGCHLD), 0);
  CHECK_EQ(raise(SIGWINCH), 0);
  CHECK_EQ(kill(getpid(), SIGURG), 0);
}

CASE(reset_after_one) {
  catch_signal(SIGURG, SA_RESETHAND);
  CHECK_EQ(raise(SIGURG), 0);
  CHECK_EQ(raise(SIGURG), 0);
  CHECK_EQ(count, 1);
}

CASE(ordinary_signals_merge_and_real_time_signals_queue) {
  catch_signal(SIGUSR1);
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 1);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
  for (int i = 0; i < 5; i++) CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
  CHECK_EQ(count, 1);

  static std::vector<int> values;
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t* info, void*) { values.push_back(info->si_value.sival_int); };
  values.reserve(16);
  sigaction(SIGRTMIN + 1, &action, nullptr);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
  for (int i = 0; i < 5; i++) CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 1, {.sival_int = i}), 0);
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
  CHECK((values == std::vector<int>{0, 1, 2, 3, 4}));
}

CASE(lowest_number_first) {
  static std::vector<int> order;
  order.reserve(8);
  order.clear();
  sigset_t all, before;
  sigfillset(&all);
  for (int number : {SIGRTMIN + 3, SIGRTMIN + 2}) {
    struct sigaction action = {};
    sigfillset(&action.sa_mask);
    action.sa_handler = [](int signal) { order.push_back(signal); };
    sigaction(number, &action, nullptr);
  }
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &all, &before), 0);
  CHECK_EQ(raise(SIGRTMIN + 3), 0);
  CHECK_EQ(raise(SIGRTMIN + 2), 0);
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
  CHECK((order == std::vector<int>{SIGRTMIN + 2, SIGRTMIN + 3}));
}

CASE(errors_of_kill) {
  CHECK_EQ(kill(getpid(), 0), 0);
  CHECK_ERRNO(kill(getpid(), 65), EINVAL);
  CHECK_ERRNO(kill(999999999, 0), ESRCH);
  CHECK_ERRNO(syscall(SYS_tgkill, getpid(), 999999999, SIGUSR1), ESRCH);
  CHECK_ERRNO(syscall(SYS_tgkill, getpid(), -1, SIGUSR1), EINVAL);
}

CASE(longjmp_out_of_a_handler) {
  static sigjmp_buf escape;
  static volatile int rounds;
  rounds = 0;
  struct sigaction action = {};
  action.sa_handler = [](int) { siglongjmp(escape, 1); };
  sigaction(SIGUSR1, &action, nullptr);
  for (rounds = 0; rounds < 50; rounds = rounds + 1)
    if (sigsetjmp(escape, 1) == 0) {
      raise(SIGUSR1);
      check_print("not reached\n");
    }
  sigset_t now;
  pthread_sigmask(SIG_BLOCK, nullptr, &now);
  CHECK(!sigismember(&now, SIGUSR1));
  CHECK_EQ(rounds, 50);
}

CASE(errno_and_flags_survive_the_handler) {
  struct sigaction action = {};
  action.sa_handler = [](int) {
    int saved = errno;
    (void)!write(-1, "", 1);
    errno = saved;
  };
  sigaction(SIGUSR1, &action, nullptr);
  errno = 77;
  long pid = getpid(), tid = gettid(), result;
  bool carry;
  // SAFETY: tgkill(pid, tid, SIGUSR1) with the carry flag set before the call: the kernel keeps the flags over it.
  asm volatile("stc\n\tsyscall\n\tsetc %1"
               : "=a"(result), "=r"(carry)
               : "0"(static_cast<long>(SYS_tgkill)), "D"(pid), "S"(tid), "d"(SIGUSR1)
               : "rcx", "r11", "memory");
  CHECK_EQ(result, 0);
  CHECK(carry);
  CHECK_EQ(errno, 77);
}
