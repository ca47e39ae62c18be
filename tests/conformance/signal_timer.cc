// Timers that end in signals: alarm, setitimer, timer_create.
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

namespace {

std::atomic<int> fired;
std::atomic<int> last_code, last_value;

void on_signal(int, siginfo_t* info, void*) {
  fired++;
  last_code = info->si_code;
  last_value = info->si_value.sival_int;
}

void catch_signal(int number) {
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO;
  sigaction(number, &action, nullptr);
  fired = 0;
}

itimerspec in_ms(long first, long interval = 0) {
  return {{interval / 1000, interval % 1000 * 1000000}, {first / 1000, first % 1000 * 1000000}};
}

bool wait_for(int count) {
  for (int i = 0; i < 300 && fired < count; i++) support::sleep_ms(10);
  return fired >= count;
}

}  // namespace

CASE(interval_timer_once_and_repeatedly) {
  catch_signal(SIGALRM);
  itimerval once = {{0, 0}, {0, 30000}}, old;
  int64_t start = support::now_ms();
  CHECK_EQ(setitimer(ITIMER_REAL, &once, nullptr), 0);
  CHECK(wait_for(1));
  CHECK(support::now_ms() - start >= 29);
  support::sleep_ms(60);
  CHECK_EQ(fired.load(), 1);
  itimerval repeated = {{0, 10000}, {0, 10000}}, none = {};
  CHECK_EQ(setitimer(ITIMER_REAL, &repeated, nullptr), 0);
  CHECK(wait_for(6));
  CHECK_EQ(setitimer(ITIMER_REAL, &none, &old), 0);
  CHECK_EQ(old.it_interval.tv_usec, 10000);
  int count = fired;
  support::sleep_ms(50);
  CHECK(fired <= count + 1);
}

CASE(alarm_tells_what_was_left) {
  catch_signal(SIGALRM);
  CHECK_EQ(alarm(100), 0);
  unsigned left = alarm(1);
  CHECK(left == 100 || left == 99);
  CHECK(wait_for(1));
  CHECK_EQ(alarm(0), 0);
}

CASE(getitimer_counts_down) {
  itimerval long_time = {{0, 0}, {50, 0}}, now = {}, none = {};
  CHECK_EQ(setitimer(ITIMER_REAL, &long_time, nullptr), 0);
  support::sleep_ms(20);
  CHECK_EQ(getitimer(ITIMER_REAL, &now), 0);
  CHECK(now.it_value.tv_sec == 49);
  CHECK_EQ(setitimer(ITIMER_REAL, &none, nullptr), 0);
  CHECK_ERRNO(setitimer(99, &none, nullptr), EINVAL);
  itimerval bad = {{0, 0}, {0, 1000000}};
  CHECK_ERRNO(setitimer(ITIMER_REAL, &bad, nullptr), EINVAL);
}

CASE(posix_timer_with_a_value) {
  catch_signal(SIGUSR1);
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  event.sigev_value.sival_int = 99;
  timer_t timer;
  CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  itimerspec when = in_ms(30), old;
  CHECK_EQ(timer_settime(timer, 0, &when, nullptr), 0);
  CHECK(wait_for(1));
  CHECK_EQ(last_code.load(), SI_TIMER);
  CHECK_EQ(last_value.load(), 99);
  when = in_ms(5000, 7);
  CHECK_EQ(timer_settime(timer, 0, &when, nullptr), 0);
  CHECK_EQ(timer_gettime(timer, &old), 0);
  CHECK_EQ(old.it_interval.tv_nsec, 7000000);
  CHECK(old.it_value.tv_sec == 4);
  CHECK_EQ(timer_delete(timer), 0);
  // Straight to the kernel: the libc would look at freed memory.
  CHECK_ERRNO(syscall(SYS_timer_delete, 12345), EINVAL);
}

CASE(repeating_timer_counts_overruns) {
  catch_signal(SIGUSR1);
  sigset_t usr1, before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  timer_t timer;
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &usr1, &before), 0);
  itimerspec when = in_ms(5, 5);
  CHECK_EQ(timer_settime(timer, 0, &when, nullptr), 0);
  support::sleep_ms(100);
  when = in_ms(0);
  siginfo_t info;
  CHECK_EQ(sigwaitinfo(&usr1, &info), SIGUSR1);
  CHECK(info.si_overrun >= 5);
  CHECK(timer_getoverrun(timer) >= 5);
  CHECK_EQ(timer_delete(timer), 0);
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

CASE(timer_to_one_thread) {
  static thread_local bool target;
  static std::atomic<int> right, wrong;
  right = wrong = 0;
  struct sigaction action = {};
  action.sa_handler = [](int) { (target ? right : wrong)++; };
  sigaction(SIGUSR2, &action, nullptr);
  std::thread owner([] {
    target = true;
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR2;
    event._sigev_un._tid = gettid();
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer)) return;
    itimerspec when = in_ms(10, 10);
    timer_settime(timer, 0, &when, nullptr);
    for (int i = 0; i < 300 && right < 5; i++) support::sleep_ms(10);
    timer_delete(timer);
  });
  owner.join();
  CHECK(right >= 5);
  CHECK_EQ(wrong.load(), 0);
}

CASE(timer_in_a_thread_of_the_libc) {
  static std::atomic<int> calls;
  calls = 0;
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_notify_function = [](sigval value) { calls += value.sival_int; };
  event.sigev_value.sival_int = 3;
  timer_t timer;
  CHECK_EQ(timer_create(CLOCK_REALTIME, &event, &timer), 0);
  itimerspec when = in_ms(20);
  CHECK_EQ(timer_settime(timer, 0, &when, nullptr), 0);
  for (int i = 0; i < 300 && calls == 0; i++) support::sleep_ms(10);
  CHECK_EQ(calls.load(), 3);
  CHECK_EQ(timer_delete(timer), 0);
}

CASE(processor_time_timer) {
  catch_signal(SIGPROF);
  itimerval when = {{0, 0}, {0, 50000}};
  CHECK_EQ(setitimer(ITIMER_PROF, &when, nullptr), 0);
  int64_t until = support::now_ms() + 10000;
  while (fired == 0 && support::now_ms() < until) {
  }
  CHECK_EQ(fired.load(), 1);
}
