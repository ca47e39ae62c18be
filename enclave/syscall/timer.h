// Timers that send signals.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

struct __kernel_itimerspec;
struct __kernel_old_itimerval;

namespace scone::syscall {

struct SignalEvent {  // struct sigevent
  uint64_t value;
  int32_t signal;
  int32_t notify;
  int32_t thread;
  int32_t rest[11];
};
static_assert(sizeof(SignalEvent) == 64);

// SIGALRM in so many seconds; returns the seconds that the previous one had left.
Result<uint32_t> sys_alarm(uint32_t seconds);
// The process's interval timers. ITIMER_VIRTUAL and ITIMER_PROF are the host's, as only it knows CPU time.
Result<void> sys_setitimer(int which, AppPtr<const __kernel_old_itimerval> value,
                           AppPtr<__kernel_old_itimerval> old);
Result<void> sys_getitimer(int which, AppPtr<__kernel_old_itimerval> value);

// POSIX timers.
Result<void> sys_timer_create(int clock, AppPtr<const SignalEvent> event, AppPtr<int> id);
Result<void> sys_timer_settime(int id, int flags, AppPtr<const __kernel_itimerspec> value,
                               AppPtr<__kernel_itimerspec> old);
Result<void> sys_timer_gettime(int id, AppPtr<__kernel_itimerspec> value);
Result<int> sys_timer_getoverrun(int id);
Result<void> sys_timer_delete(int id);

}  // namespace scone::syscall
