#include "enclave/syscall/time.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/process/signal.h"
#include "enclave/process/thread_signals.h"
#include "enclave/sched/clock.h"
#include "enclave/sched/sched.h"
#include "enclave/time/clock.h"
#include "enclave/time/duration.h"
#include "enclave/time/page_clocks.h"

namespace scone::syscall {
namespace {

constexpr int kAbsolute = 1;  // TIMER_ABSTIME
constexpr uint64_t kTick = 10'000'000;

Result<void> write_remaining(uint64_t deadline, AppPtr<__kernel_timespec> remaining) {
  if (!remaining) return ok();
  const uint64_t now = sched::now_ns();
  return boundary::write_app(remaining, time::timespec_from(deadline > now ? deadline - now : 0));
}

Result<uint64_t> resume_sleep(const process::RestartBlock& block);

Result<void> sleep_until(uint64_t deadline) {
  sched::Lthread& self = sched::current();
  while (sched::now_ns() < deadline) {
    if (process::pending_unblocked(self)) return Errno(process::kRestartNoHand);
    sched::park(deadline);
  }
  return ok();
}

Result<void> sleep_with_remaining(uint64_t deadline, AppPtr<__kernel_timespec> remaining) {
  if (sleep_until(deadline).ok()) return ok();
  TRY(write_remaining(deadline, remaining));
  return process::restart_with(&resume_sleep, {deadline, remaining.address(), 0, 0, 0, 0});
}

Result<uint64_t> resume_sleep(const process::RestartBlock& block) {
  TRY(sleep_with_remaining(block.data[0], AppPtr<__kernel_timespec>(block.data[1])));
  return uint64_t{0};
}

}  // namespace

Result<void> sys_clock_gettime(int clock, AppPtr<__kernel_timespec> time) {
  return boundary::write_app(time, time::timespec_from(TRY(time::read(clock))));
}

Result<void> sys_clock_getres(int clock, AppPtr<__kernel_timespec> resolution) {
  TRY(time::check(clock));
  return resolution ? boundary::write_app(resolution, time::timespec_from(time::resolution_of(clock))) : ok();
}

Result<void> sys_clock_settime(int clock, AppPtr<const __kernel_timespec> time) {
  TRY(time::check(clock));
  TRY(time::ns_from(TRY(boundary::read_app(time))));
  return Errno(clock == time::kRealtime ? EPERM : EINVAL);
}

Result<void> sys_settimeofday(AppPtr<const __kernel_old_timeval>, AppPtr<const time::TimeZone>) {
  return Errno(EPERM);
}

Result<int> sys_adjtimex(AppPtr<void>) { return Errno(EPERM); }

Result<int> sys_clock_adjtime(int clock, AppPtr<void>) {
  TRY(time::check(clock));
  return Errno(EPERM);
}

Result<void> sys_clock_nanosleep(int clock, int flags, AppPtr<const __kernel_timespec> request,
                                 AppPtr<__kernel_timespec> remaining) {
  // The thread's own CPU time does not pass while it sleeps.
  if (clock == time::kThreadCpu) return Errno(EINVAL);
  const bool absolute = flags & kAbsolute;
  TRY(time::check(clock));
  const uint64_t ns = TRY(time::ns_from(TRY(boundary::read_app(request))));
  const uint64_t deadline = TRY(time::deadline(clock, ns, absolute));
  // An absolute sleep is simply executed again; a relative one continues with what is left.
  return absolute ? sleep_until(deadline) : sleep_with_remaining(deadline, remaining);
}

Result<void> sys_nanosleep(AppPtr<const __kernel_timespec> request, AppPtr<__kernel_timespec> remaining) {
  return sys_clock_nanosleep(time::kMonotonic, 0, request, remaining);
}

Result<void> sys_gettimeofday(AppPtr<__kernel_old_timeval> time, AppPtr<time::TimeZone> zone) {
  if (time) TRY(boundary::write_app(time, time::time_of_day(sched::realtime_ns())));
  return zone ? boundary::write_app(zone, time::TimeZone{}) : ok();
}

Result<int64_t> sys_time(AppPtr<int64_t> time) {
  const auto seconds = static_cast<int64_t>(sched::realtime_ns() / time::kSecond);
  if (time) TRY(boundary::write_app(time, seconds));
  return seconds;
}

Result<int64_t> sys_times(AppPtr<CpuTimes> times) {
  if (times) {
    auto buffer = TRY(HostBuffer::allocate(sizeof(CpuTimes)));
    TRY(host_call(__NR_times, buffer.address()));
    TRY(boundary::write_app(times, buffer.get<CpuTimes>(0)));
  }
  return static_cast<int64_t>(sched::now_ns() / kTick);
}

}  // namespace scone::syscall
