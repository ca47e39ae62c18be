// Sleeping.
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

using support::now_ms;

CASE(sleeps_at_least_as_long) {
  int64_t start = now_ms();
  timespec time = {0, 70000000};
  CHECK_EQ(nanosleep(&time, nullptr), 0);
  int64_t took = now_ms() - start;
  CHECK(took >= 69 && took < 2000);
  start = now_ms();
  CHECK_EQ(usleep(50000), 0);
  CHECK(now_ms() - start >= 49);
}

CASE(until_an_absolute_time) {
  timespec when;
  clock_gettime(CLOCK_MONOTONIC, &when);
  int64_t start = now_ms();
  when.tv_nsec += 80000000;
  if (when.tv_nsec >= 1000000000) {
    when.tv_sec++;
    when.tv_nsec -= 1000000000;
  }
  CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr), 0);
  CHECK(now_ms() - start >= 79);
  when.tv_sec -= 100;
  start = now_ms();
  CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr), 0);
  CHECK(now_ms() - start < 50);
  clock_gettime(CLOCK_REALTIME, &when);
  when.tv_sec -= 1;
  CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &when, nullptr), 0);
}

CASE(many_sleepers_wake_in_order) {
  std::atomic<int> next = 0;
  std::atomic<int> out_of_order = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; i++)
    threads.emplace_back([&, i] {
      support::sleep_ms(50 + 40 * (9 - i));
      if (next++ != 9 - i) out_of_order++;
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(out_of_order.load(), 0);
}

CASE(hundred_sleepers_at_once) {
  int64_t start = now_ms();
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; i++) threads.emplace_back([] { support::sleep_ms(100); });
  for (auto& thread : threads) thread.join();
  int64_t took = now_ms() - start;
  CHECK(took >= 99 && took < 3000);
}

CASE(interrupted_sleep_tells_the_rest) {
  signal(SIGALRM, [](int) {});
  itimerval in_50_ms = {{0, 0}, {0, 50000}};
  CHECK_EQ(setitimer(ITIMER_REAL, &in_50_ms, nullptr), 0);
  timespec time = {10, 0}, rest = {};
  CHECK_ERRNO(nanosleep(&time, &rest), EINTR);
  CHECK(rest.tv_sec == 9 && rest.tv_nsec > 0);
}

CASE(errors) {
  timespec bad = {0, 1000000000};
  CHECK_ERRNO(nanosleep(&bad, nullptr), EINVAL);
  bad = {-1, 0};
  CHECK_ERRNO(nanosleep(&bad, nullptr), EINVAL);
  CHECK_ERRNO(nanosleep(reinterpret_cast<timespec*>(8), nullptr), EFAULT);
  CHECK_EQ(clock_nanosleep(999, 0, &bad, nullptr), EINVAL);
}
