// Masks: blocking, pending, the mask of a handler, nested handlers, masks of threads.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

namespace {

sigset_t set_of(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (int number : numbers) sigaddset(&set, number);
  return set;
}

volatile sig_atomic_t depth, deepest, runs;

void count_depth(int) {
  depth = depth + 1;
  runs = runs + 1;
  if (depth > deepest) deepest = depth;
  if (runs < 3) raise(SIGUSR1);
  depth = depth - 1;
}

void catch_signal(int number, void (*handler)(int), int flags = 0, sigset_t mask = {}) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  action.sa_mask = mask;
  sigaction(number, &action, nullptr);
}

}  // namespace

CASE(blocked_until_unblocked) {
  runs = 10;
  catch_signal(SIGUSR1, [](int) { runs = runs + 1; });
  sigset_t usr1 = set_of({SIGUSR1}), pending;
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &usr1, nullptr), 0);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(runs, 10);
  CHECK_EQ(sigpending(&pending), 0);
  CHECK(sigismember(&pending, SIGUSR1));
  CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr), 0);
  CHECK_EQ(runs, 11);
  CHECK_EQ(sigpending(&pending), 0);
  CHECK(!sigismember(&pending, SIGUSR1));
}

CASE(operations_of_sigmask) {
  sigset_t one = set_of({SIGUSR1}), two = set_of({SIGUSR2}), before, now;
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &one, &before), 0);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &two, &now), 0);
  CHECK(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
  CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &one, nullptr), 0);
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, &now), 0);
  CHECK(!sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2));
  CHECK_EQ(pthread_sigmask(99, &one, nullptr), EINVAL);
  sigset_t all;
  sigfillset(&all);
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &all, nullptr), 0);
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, &now), 0);
  CHECK(!sigismember(&now, SIGKILL) && !sigismember(&now, SIGSTOP));
}

CASE(own_signal_is_blocked_in_its_handler) {
  depth = deepest = runs = 0;
  catch_signal(SIGUSR1, count_depth);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(runs, 3);
  CHECK_EQ(deepest, 1);
}

CASE(nodefer_nests) {
  depth = deepest = runs = 0;
  catch_signal(SIGUSR1, count_depth, SA_NODEFER);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(runs, 3);
  CHECK_EQ(deepest, 3);
}

CASE(mask_of_the_action) {
  static volatile sig_atomic_t usr2_inside, usr2_runs;
  usr2_inside = usr2_runs = 0;
  static volatile sig_atomic_t inside;
  catch_signal(SIGUSR2, [](int) {
    usr2_runs = usr2_runs + 1;
    usr2_inside = inside;
  });
  catch_signal(SIGUSR1, [](int) {
    inside = 1;
    raise(SIGUSR2);
    inside = 0;
  }, 0, set_of({SIGUSR2}));
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(usr2_runs, 1);
  CHECK_EQ(usr2_inside, 0);
  sigset_t now;
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, nullptr, &now), 0);
  CHECK(!sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
}

CASE(different_signals_nest) {
  static volatile sig_atomic_t order[4], next;
  next = 0;
  catch_signal(SIGUSR2, [](int) { order[next] = 2, next = next + 1; });
  catch_signal(SIGUSR1, [](int) {
    order[next] = 1, next = next + 1;
    raise(SIGUSR2);
    order[next] = 3, next = next + 1;
  });
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(next, 3);
  CHECK_EQ(order[0] * 100 + order[1] * 10 + order[2], 123);
}

CASE(the_context_decides_the_mask_after_return) {
  catch_signal(SIGUSR2, [](int) {});
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    sigaddset(&static_cast<ucontext_t*>(context)->uc_sigmask, SIGUSR2);
  };
  sigaction(SIGUSR1, &action, nullptr);
  CHECK_EQ(raise(SIGUSR1), 0);
  sigset_t now, none;
  sigemptyset(&none);
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &none, &now), 0);
  CHECK(sigismember(&now, SIGUSR2));
}

CASE(threads_inherit_and_keep_their_own) {
  sigset_t usr1 = set_of({SIGUSR1}), usr2 = set_of({SIGUSR2}), before;
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &usr1, &before), 0);
  bool inherited = false;
  std::thread([&] {
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, &usr2, &now);
    inherited = sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2);
  }).join();
  CHECK(inherited);
  sigset_t now;
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, &now), 0);
  CHECK(!sigismember(&now, SIGUSR2));
}

CASE(process_signal_goes_to_a_thread_that_takes_it) {
  static thread_local bool receiver;
  static volatile sig_atomic_t right, wrong;
  right = wrong = 0;
  catch_signal(SIGUSR1, [](int) {
    if (receiver)
      right = right + 1;
    else
      wrong = wrong + 1;
  });
  std::atomic<bool> ready = false;
  std::thread taker([&] {
    receiver = true;
    ready = true;
    for (int i = 0; i < 1000 && !right; i++) support::sleep_ms(10);
  });
  while (!ready) support::sleep_ms(1);
  sigset_t usr1 = set_of({SIGUSR1});
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &usr1, nullptr), 0);
  CHECK_EQ(kill(getpid(), SIGUSR1), 0);
  taker.join();
  CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr), 0);
  CHECK_EQ(right, 1);
  CHECK_EQ(wrong, 0);
}
