// Clocks and sleeping.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

struct __kernel_timespec;
struct __kernel_old_timeval;

namespace scone::time {
struct TimeZone;
}

namespace scone::syscall {

struct CpuTimes {  // struct tms, in ticks of 10 ms
  int64_t user, system, children_user, children_system;
};

// Reads a clock.
Result<void> sys_clock_gettime(int clock, AppPtr<__kernel_timespec> time);
// Reads a clock's resolution.
Result<void> sys_clock_getres(int clock, AppPtr<__kernel_timespec> resolution);
// Refused: the program does not own the host's clocks.
Result<void> sys_clock_settime(int clock, AppPtr<const __kernel_timespec> time);
Result<void> sys_settimeofday(AppPtr<const __kernel_old_timeval> time, AppPtr<const time::TimeZone> zone);
Result<int> sys_adjtimex(AppPtr<void> adjustment);
Result<int> sys_clock_adjtime(int clock, AppPtr<void> adjustment);
// Sleep; what is left is written to `remaining` when a signal comes.
Result<void> sys_clock_nanosleep(int clock, int flags, AppPtr<const __kernel_timespec> request,
                                 AppPtr<__kernel_timespec> remaining);
Result<void> sys_nanosleep(AppPtr<const __kernel_timespec> request, AppPtr<__kernel_timespec> remaining);
// Read CLOCK_REALTIME.
Result<void> sys_gettimeofday(AppPtr<__kernel_old_timeval> time, AppPtr<time::TimeZone> zone);
Result<int64_t> sys_time(AppPtr<int64_t> time);
// Reads the process's CPU times; returns a time stamp in ticks.
Result<int64_t> sys_times(AppPtr<CpuTimes> times);

}  // namespace scone::syscall
