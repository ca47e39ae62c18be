#include "enclave/syscall/timerfd.h"

#include <linux/time_types.h>

#include "enclave/file/fd_table.h"
#include "enclave/file/timer_fd.h"
#include "enclave/net/timeout.h"

namespace scone::syscall {
namespace {

using file::TimerClock;
using file::TimerFd;

constexpr int kAbsolute = 1;     // TFD_TIMER_ABSTIME
constexpr int kCancelOnSet = 2;  // TFD_TIMER_CANCEL_ON_SET: nobody sets the clock here, so it never cancels

bool is_timer_clock(int clock) {
  switch (static_cast<TimerClock>(clock)) {
    case TimerClock::kRealtime:
    case TimerClock::kMonotonic:
    case TimerClock::kBoottime:
    case TimerClock::kRealtimeAlarm:
    case TimerClock::kBoottimeAlarm:
      return true;
  }
  return false;
}

Result<TimerFd*> as_timer(file::File& file) {
  TimerFd* timer = file.as_timer_fd();
  if (!timer) return Errno(EINVAL);
  return timer;
}

__kernel_itimerspec to_itimerspec(const TimerFd::Setting& setting) {
  return {net::to_timespec(setting.interval), net::to_timespec(setting.value)};
}

}  // namespace

Result<int> sys_timerfd_create(int clock, int flags) {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) || !is_timer_clock(clock)) return Errno(EINVAL);
  Ref<file::File> timer = TRY(TimerFd::create(static_cast<TimerClock>(clock), flags & O_NONBLOCK));
  return file::fd_table().install(std::move(timer), flags & O_CLOEXEC);
}

Result<int> sys_timerfd_settime(int fd, int flags, AppPtr<const __kernel_itimerspec> value,
                                AppPtr<__kernel_itimerspec> previous) {
  const auto spec = TRY(boundary::read_app(value));
  if (flags & ~(kAbsolute | kCancelOnSet)) return Errno(EINVAL);
  const TimerFd::Setting setting{TRY(net::to_ns(spec.it_value)), TRY(net::to_ns(spec.it_interval))};
  auto file = TRY(file::fd_table().get(fd));
  TimerFd* timer = TRY(as_timer(*file));
  const TimerFd::Setting old = timer->set(setting, flags & kAbsolute);
  if (previous) TRY(boundary::write_app(previous, to_itimerspec(old)));
  return 0;
}

Result<int> sys_timerfd_gettime(int fd, AppPtr<__kernel_itimerspec> value) {
  auto file = TRY(file::fd_table().get(fd));
  TimerFd* timer = TRY(as_timer(*file));
  TRY(boundary::write_app(value, to_itimerspec(timer->get())));
  return 0;
}

}  // namespace scone::syscall
