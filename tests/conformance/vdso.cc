// The vDSO: found as programs find it, called directly, compared with the system calls that it stands for.
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"
#include "vdso_image.h"

namespace {

using GetTime = int(clockid_t, timespec*);
using GetTimeOfDay = int(timeval*, struct timezone*);
using Time = time_t(time_t*);
using GetCpu = int(unsigned*, unsigned*, void*);

const VdsoImage vdso;
GetTime* const get_time = vdso.function<GetTime>("__vdso_clock_gettime");
GetTime* const get_resolution = vdso.function<GetTime>("__vdso_clock_getres");
GetTimeOfDay* const get_time_of_day = vdso.function<GetTimeOfDay>("__vdso_gettimeofday");
Time* const get_seconds = vdso.function<Time>("__vdso_time");
GetCpu* const get_cpu = vdso.function<GetCpu>("__vdso_getcpu");

int64_t ns_of(const timespec& time) { return time.tv_sec * 1000000000 + time.tv_nsec; }

int64_t by_vdso(clockid_t clock) {
  timespec now;
  return get_time(clock, &now) == 0 ? ns_of(now) : -1;
}
int64_t by_call(clockid_t clock) {
  timespec now;
  return syscall(SYS_clock_gettime, clock, &now) == 0 ? ns_of(now) : -1;
}
// 0 or -errno, as the vDSO's functions answer.
int result_of(long result) { return result == -1 ? -errno : static_cast<int>(result); }

}  // namespace

CASE(its_functions_are_found_in_the_image) {
  CHECK(vdso.begin());
  CHECK(vdso.has_hash() || vdso.has_gnu_hash());
  for (const char* name : {"__vdso_clock_gettime", "__vdso_clock_getres", "__vdso_gettimeofday",
                           "__vdso_time", "__vdso_getcpu"}) {
    CHECK(!vdso.has_hash() || vdso.holds(vdso.by_hash(name)));
    CHECK(!vdso.has_gnu_hash() || vdso.holds(vdso.by_gnu_hash(name)));
  }
  CHECK_EQ(vdso.by_hash("__vdso_no_such_function"), 0);
  CHECK_EQ(vdso.by_gnu_hash("__vdso_no_such_function"), 0);
}

CASE(it_is_listed) {
  std::string maps = support::get_file("/proc/self/maps");
  size_t name = maps.find("[vdso]\n");
  CHECK(name != std::string::npos);
  size_t line = maps.rfind('\n', name) + 1;
  unsigned long from, to, offset;
  char permissions[8];
  CHECK_EQ(sscanf(maps.c_str() + line, "%lx-%lx %7s %lx 00:00 0", &from, &to, permissions, &offset), 4);
  CHECK_EQ(from, vdso.begin());
  CHECK_EQ(strcmp(permissions, "r-xp"), 0);
  CHECK_EQ(offset, 0);
  static bool loaded;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void*) {
        loaded = loaded || strcmp(info->dlpi_name, "linux-vdso.so.1") == 0;
        return 0;
      },
      nullptr);
  CHECK(loaded);
}

// What never runs backwards must not do so from one way of asking to the other either.
CASE(agrees_with_the_call_and_is_as_monotonic) {
  for (clockid_t clock : {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_PROCESS_CPUTIME_ID}) {
    int64_t last = by_call(clock);
    CHECK(last > 0);
    for (int i = 0; i < (clock == CLOCK_PROCESS_CPUTIME_ID ? 200 : 50000); i++) {
      int64_t fast = by_vdso(clock), call = by_call(clock);
      CHECK(fast >= last);
      CHECK(call >= fast);
      last = call;
    }
  }
}

// These can be set, and by some ns are when the rate of the processor's counter is corrected.
CASE(agrees_with_the_call_about_clocks_that_can_be_set) {
  constexpr int64_t kStep = 100000;
  for (clockid_t clock :
       {CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE}) {
    int64_t last = by_call(clock);
    CHECK(last > 0);
    for (int i = 0; i < 20000; i++) {
      int64_t fast = by_vdso(clock), call = by_call(clock);
      CHECK(fast >= last - kStep);
      CHECK(call >= fast - kStep);
      last = call;
    }
  }
}

CASE(every_clock_number_has_the_result_of_the_call) {
  for (clockid_t clock : {-1, -2, -6, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 999, INT32_MAX, INT32_MIN}) {
    timespec fast = {-1, -1}, call = {-1, -1};
    CHECK_EQ(get_time(clock, &fast), result_of(syscall(SYS_clock_gettime, clock, &call)));
    CHECK_EQ(fast.tv_nsec == -1, call.tv_nsec == -1);
    fast = call = {-1, -1};
    CHECK_EQ(get_resolution(clock, &fast), result_of(syscall(SYS_clock_getres, clock, &call)));
    CHECK_EQ(ns_of(fast), ns_of(call));
    CHECK_EQ(get_resolution(clock, nullptr), result_of(syscall(SYS_clock_getres, clock, nullptr)));
  }
  CHECK_EQ(get_time(999, nullptr), -EINVAL);
}

CASE(dates_agree) {
  timeval day, day_by_call;
  struct timezone zone = {1, 1}, zone_by_call = {1, 1};
  CHECK_EQ(get_time_of_day(&day, &zone), 0);
  CHECK_EQ(syscall(SYS_gettimeofday, &day_by_call, &zone_by_call), 0);
  int64_t us = (day_by_call.tv_sec - day.tv_sec) * 1000000 + day_by_call.tv_usec - day.tv_usec;
  CHECK(us >= -1 && us < 1000000);
  CHECK(day.tv_usec >= 0 && day.tv_usec < 1000000);
  CHECK_EQ(zone.tz_minuteswest, zone_by_call.tz_minuteswest);
  CHECK_EQ(zone.tz_dsttime, zone_by_call.tz_dsttime);
  CHECK_EQ(get_time_of_day(nullptr, nullptr), 0);
  time_t stored = 0, seconds = get_seconds(&stored);
  CHECK_EQ(stored, seconds);
  CHECK(llabs(syscall(SYS_time, nullptr) - seconds) <= 1);
  CHECK(llabs(get_seconds(nullptr) - seconds) <= 1);
}

CASE(processor_is_one_that_the_thread_may_use) {
  cpu_set_t set;
  CHECK_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  unsigned processor = 9999, node = 9999;
  CHECK_EQ(get_cpu(&processor, &node, nullptr), 0);
  CHECK(CPU_ISSET(processor, &set));
  CHECK(node < 1024);
  CHECK_EQ(get_cpu(nullptr, nullptr, nullptr), 0);
}

CASE(monotonic_between_threads_and_ways_of_asking) {
  std::atomic<int64_t> latest = 0;
  std::atomic<int> backwards = 0;
  auto look = [&](int first) {
    for (int i = first; i < 100000; i++) {
      int64_t seen = latest.load(), now = i % 2 ? by_vdso(CLOCK_MONOTONIC) : by_call(CLOCK_MONOTONIC);
      if (now < seen) backwards++;
      latest.store(now);
    }
  };
  std::thread other(look, 1);
  look(0);
  other.join();
  CHECK_EQ(backwards.load(), 0);
}

CASE(a_bad_pointer_is_a_signal) {
  static sigjmp_buf* there;
  sigjmp_buf here;
  there = &here;
  struct sigaction action = {}, before;
  action.sa_handler = [](int) { siglongjmp(*there, 1); };
  sigaction(SIGSEGV, &action, &before);
  volatile bool came = true;
  if (sigsetjmp(here, 1) == 0) {
    get_time(CLOCK_MONOTONIC, reinterpret_cast<timespec*>(8));
    came = false;
  }
  sigaction(SIGSEGV, &before, nullptr);
  CHECK(came);
}

CASE(can_be_interrupted_and_unwound) {
  static std::atomic<int> interrupted, unwound;
  static void* program;
  Dl_info about;
  CHECK(dladdr(reinterpret_cast<void*>(&check_register), &about));
  program = about.dli_fbase;
  void* warm_up[4];
  backtrace(warm_up, 4);
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    if (!vdso.holds(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP])) return;
    interrupted++;
    void* frames[32];
    int count = backtrace(frames, 32), from = 0;
    while (from < count && !vdso.holds(reinterpret_cast<uint64_t>(frames[from]))) from++;
    bool reached = false;
    for (int i = from + 1; i < count; i++) {
      Dl_info frame;
      reached = reached || (dladdr(frames[i], &frame) && frame.dli_fbase == program);
    }
    unwound += reached;
  };
  CHECK_EQ(sigaction(SIGALRM, &action, nullptr), 0);
  itimerval often = {{0, 1000}, {0, 1000}};
  CHECK_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);
  for (int64_t until = support::now_ms() + 10000; interrupted < 20 && support::now_ms() < until;)
    for (int i = 0; i < 1000; i++) by_vdso(CLOCK_REALTIME);
  often = {};
  CHECK_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);
  CHECK(interrupted > 0);
  CHECK_EQ(unwound.load(), interrupted.load());
}
