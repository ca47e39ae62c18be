// Clocks.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

namespace {

int64_t now_ns(clockid_t clock) {
  timespec now = {};
  if (clock_gettime(clock, &now)) return -1;
  return now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t raw_ns(clockid_t clock) {
  timespec now = {};
  if (syscall(SYS_clock_gettime, clock, &now)) return -1;
  return now.tv_sec * 1000000000 + now.tv_nsec;
}

}  // namespace

CASE(never_backwards) {
  for (clockid_t clock : {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE}) {
    int64_t last = now_ns(clock);
    CHECK(last > 0);
    for (int i = 0; i < 20000; i++) {
      int64_t now = now_ns(clock);
      CHECK(now >= last);
      last = now;
    }
  }
}

CASE(never_backwards_between_threads) {
  std::atomic<int64_t> latest = 0;
  std::atomic<bool> backwards = false;
  auto look = [&] {
    for (int i = 0; i < 20000; i++) {
      int64_t seen = latest, now = now_ns(CLOCK_MONOTONIC);
      // A little tolerance: real processors' counters differ by some ns.
      if (now + 100000 < seen) backwards = true;
      latest = now;
    }
  };
  std::thread other(look);
  look();
  other.join();
  CHECK(!backwards);
}

CASE(ways_to_ask_agree) {
  int64_t real = now_ns(CLOCK_REALTIME);
  timeval day;
  CHECK_EQ(gettimeofday(&day, nullptr), 0);
  int64_t by_day = day.tv_sec * 1000000000 + day.tv_usec * 1000;
  CHECK(llabs(by_day - real) < 1000000000);
  CHECK(llabs(time(nullptr) - real / 1000000000) <= 1);
  CHECK(llabs(raw_ns(CLOCK_REALTIME) - real) < 1000000000);
  CHECK(llabs(now_ns(CLOCK_REALTIME_COARSE) - real) < 1000000000);
  CHECK(now_ns(CLOCK_TAI) > 0);
  CHECK(llabs(raw_ns(CLOCK_MONOTONIC) - now_ns(CLOCK_MONOTONIC)) < 1000000000);
  // The date is not absurd: after 2020, before 2100.
  CHECK(real / 1000000000 > 1577836800 && real / 1000000000 < 4102444800);
}

CASE(elapsed_time_is_the_same_on_all) {
  int64_t monotonic = now_ns(CLOCK_MONOTONIC), real = now_ns(CLOCK_REALTIME), boot = now_ns(CLOCK_BOOTTIME);
  support::sleep_ms(200);
  monotonic = now_ns(CLOCK_MONOTONIC) - monotonic;
  real = now_ns(CLOCK_REALTIME) - real;
  boot = now_ns(CLOCK_BOOTTIME) - boot;
  CHECK(monotonic >= 199000000);
  CHECK(llabs(monotonic - real) < 30000000);
  CHECK(llabs(monotonic - boot) < 30000000);
}

CASE(processor_time) {
  int64_t process = now_ns(CLOCK_PROCESS_CPUTIME_ID), thread = now_ns(CLOCK_THREAD_CPUTIME_ID);
  CHECK(process > 0 && thread > 0);
  // A busy machine gives less than all of the time: spin until enough was had, 5 s at the most.
  int64_t until = support::now_ms() + 5000;
  while (support::now_ms() < until && now_ns(CLOCK_THREAD_CPUTIME_ID) - thread < 50000000) {
  }
  CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - process > 20000000);
  CHECK(now_ns(CLOCK_THREAD_CPUTIME_ID) - thread > 20000000);
  CHECK(clock() > 0);
  rusage usage = {};
  CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  CHECK(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec > 20000);
  CHECK(usage.ru_maxrss > 0);
  tms ticks;
  CHECK(times(&ticks) != static_cast<clock_t>(-1));
}

CASE(resolutions) {
  timespec resolution;
  CHECK_EQ(clock_getres(CLOCK_MONOTONIC, &resolution), 0);
  CHECK_EQ(resolution.tv_sec, 0);
  CHECK_EQ(resolution.tv_nsec, 1);
  CHECK_EQ(clock_getres(CLOCK_MONOTONIC_COARSE, &resolution), 0);
  CHECK(resolution.tv_nsec >= 1000000);
}

CASE(errors) {
  timespec now;
  CHECK_ERRNO(clock_gettime(999, &now), EINVAL);
  CHECK_ERRNO(clock_getres(999, &now), EINVAL);
  CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_REALTIME, 8), EFAULT);
}
