#include "enclave/syscall/timer.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/time_types.h>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/process/signal_set.h"
#include "enclave/process/thread_list.h"
#include "enclave/sched/clock.h"
#include "enclave/time/clock.h"
#include "enclave/time/duration.h"
#include "enclave/time/interval_timer.h"
#include "enclave/time/timer_table.h"

namespace scone::syscall {
namespace {

using time::Schedule;

enum IntervalTimer : int { kReal = 0, kVirtual = 1, kProfiling = 2 };
enum Notify : int { kNotifySignal = 0, kNotifyNone = 1, kNotifyThread = 2, kNotifyThreadId = 4 };
constexpr int kAbsolute = 1;  // TIMER_ABSTIME

// A value of zero disarms; then the interval does not matter.
Result<Schedule> schedule_from(const __kernel_old_itimerval& value) {
  const uint64_t interval = TRY(time::ns_from(value.it_interval));
  const uint64_t first = TRY(time::ns_from(value.it_value));
  if (first == 0) return Schedule{};
  return Schedule{time::add(sched::now_ns(), first), interval};
}
__kernel_old_itimerval itimerval_from(const Schedule& schedule) {
  return {time::timeval_from(schedule.interval), time::timeval_from(remaining(schedule, sched::now_ns()))};
}
__kernel_itimerspec itimerspec_from(const Schedule& schedule) {
  return {time::timespec_from(schedule.interval), time::timespec_from(remaining(schedule, sched::now_ns()))};
}

// CPU-time timers: the host counts the CPU time of the process and its signal reaches the program like any other
// from outside.
Result<__kernel_old_itimerval> host_timer(uint64_t number, int which, const __kernel_old_itimerval* value) {
  auto buffer = TRY(HostBuffer::allocate(2 * sizeof(__kernel_old_itimerval)));
  const uint64_t old = buffer.address() + sizeof(__kernel_old_itimerval);
  if (value) buffer.put(0, *value);
  const auto timer = static_cast<uint64_t>(which);
  TRY(value ? host_call(number, timer, buffer.address(), old) : host_call(number, timer, old));
  return buffer.get<__kernel_old_itimerval>(sizeof(__kernel_old_itimerval));
}

Result<__kernel_old_itimerval> exchange(int which, const __kernel_old_itimerval& value) {
  const Schedule schedule = TRY(schedule_from(value));
  if (which == kReal) return itimerval_from(TRY(time::set_real_timer(schedule)));
  return host_timer(__NR_setitimer, which, &value);
}

Result<time::Notification> notification_from(const SignalEvent& event) {
  time::Notification result;
  result.value = event.value;
  if (event.notify == kNotifyNone) return result;
  if (event.notify == kNotifyThreadId) {
    result.thread = process::threads().find(event.thread);
    if (!result.thread) return Errno(EINVAL);
  } else if (event.notify != kNotifySignal && event.notify != kNotifyThread) {
    return Errno(EINVAL);
  }
  if (!process::is_signal(event.signal)) return Errno(EINVAL);
  result.signal = event.signal;
  return result;
}

}  // namespace

Result<uint32_t> sys_alarm(uint32_t seconds) {
  Schedule schedule;
  if (seconds != 0) schedule.due = time::add(sched::now_ns(), seconds * time::kSecond);
  const Schedule old = TRY(time::set_real_timer(schedule));
  const uint64_t left = remaining(old, sched::now_ns());
  // To the nearest second, but an armed timer never has none.
  const uint64_t rounded = (left + time::kSecond / 2) / time::kSecond;
  return static_cast<uint32_t>(left != 0 && rounded == 0 ? 1 : rounded);
}

Result<void> sys_setitimer(int which, AppPtr<const __kernel_old_itimerval> value,
                           AppPtr<__kernel_old_itimerval> old) {
  if (which < kReal || which > kProfiling) return Errno(EINVAL);
  __kernel_old_itimerval wanted{};
  if (value) wanted = TRY(boundary::read_app(value));  // a null pointer disarms, as on Linux
  const __kernel_old_itimerval previous = TRY(exchange(which, wanted));
  return old ? boundary::write_app(old, previous) : ok();
}

Result<void> sys_getitimer(int which, AppPtr<__kernel_old_itimerval> value) {
  if (which < kReal || which > kProfiling) return Errno(EINVAL);
  if (which == kReal) return boundary::write_app(value, itimerval_from(time::get_real_timer()));
  return boundary::write_app(value, TRY(host_timer(__NR_getitimer, which, nullptr)));
}

Result<void> sys_timer_create(int clock, AppPtr<const SignalEvent> event, AppPtr<int> id) {
  TRY(time::deadline(clock, 0, false));  // refuses clocks that nothing can wait for
  time::Notification notification;
  if (event) {
    notification = TRY(notification_from(TRY(boundary::read_app(event))));
  } else {
    notification.signal = process::kSigAlrm;
    notification.value_is_id = true;
  }
  const int number = TRY(time::timers().create(clock, std::move(notification)));
  Result<void> written = boundary::write_app(id, number);
  if (!written.ok()) TRY(time::timers().destroy(number));
  return written;
}

Result<void> sys_timer_settime(int id, int flags, AppPtr<const __kernel_itimerspec> value,
                               AppPtr<__kernel_itimerspec> old) {
  const auto wanted = TRY(boundary::read_app(value));
  const uint64_t interval = TRY(time::ns_from(wanted.it_interval));
  const uint64_t first = TRY(time::ns_from(wanted.it_value));
  __kernel_itimerspec previous{};
  TRY(time::timers().with(id, [&](time::PosixTimer& timer) -> Result<void> {
    Schedule schedule;
    if (first != 0) schedule = {TRY(time::deadline(timer.clock(), first, flags & kAbsolute)), interval};
    previous = itimerspec_from(timer.set(schedule));
    return ok();
  }));
  return old ? boundary::write_app(old, previous) : ok();
}

Result<void> sys_timer_gettime(int id, AppPtr<__kernel_itimerspec> value) {
  __kernel_itimerspec current{};
  TRY(time::timers().with(id, [&](time::PosixTimer& timer) {
    current = itimerspec_from(timer.get());
    return ok();
  }));
  return boundary::write_app(value, current);
}

Result<int> sys_timer_getoverrun(int id) {
  int overrun = 0;
  TRY(time::timers().with(id, [&](time::PosixTimer& timer) {
    overrun = timer.overrun();
    return ok();
  }));
  return overrun;
}

Result<void> sys_timer_delete(int id) { return time::timers().destroy(id); }

}  // namespace scone::syscall
