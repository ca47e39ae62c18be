#include "enclave/file/timer_fd.h"

#include <linux/eventpoll.h>

#include <new>

#include "enclave/net/timeout.h"
#include "enclave/sched/clock.h"

namespace scone::file {

Result<Ref<TimerFd>> TimerFd::create(TimerClock clock, int flags) {
  auto* file = new (std::nothrow) TimerFd(clock, flags);
  if (!file) return Errno(ENOMEM);
  return Ref<TimerFd>::adopt(file);
}

void TimerFd::Alarm::fire(Timer& timer) {
  static_cast<Alarm&>(timer).file.queue_.notify(EPOLLIN | EPOLLRDNORM);
}

// Clocks that the host sets are translated once: a change of the time of day does not move a timer that is armed.
uint64_t TimerFd::to_monotonic(uint64_t time, uint64_t now) const {
  uint64_t clock_now = now;
  if (clock_ == TimerClock::kRealtime || clock_ == TimerClock::kRealtimeAlarm)
    clock_now = sched::realtime_ns();
  if (clock_ == TimerClock::kBoottime || clock_ == TimerClock::kBoottimeAlarm)
    clock_now = sched::boottime_ns();
  return time <= clock_now ? now : net::deadline_after(now, time - clock_now);
}

TimerFd::Setting TimerFd::get_locked(uint64_t now) const {
  return {expirations_.remaining(now), expirations_.interval()};
}

TimerFd::Setting TimerFd::get() {
  sched::SpinGuard guard(lock_);
  return get_locked(sched::now_ns());
}

TimerFd::Setting TimerFd::set(const Setting& setting, bool absolute) {
  const uint64_t now = sched::now_ns();
  uint64_t next = sched::kNever;
  if (setting.value)
    next = absolute ? to_monotonic(setting.value, now) : net::deadline_after(now, setting.value);
  sched::SpinGuard guard(lock_);
  const Setting previous = get_locked(now);
  expirations_.set(next, setting.interval);
  alarm_.arm(next);  // at kNever it does not fire
  return previous;
}

uint64_t TimerFd::take() {
  sched::SpinGuard guard(lock_);
  const uint64_t count = expirations_.take(sched::now_ns());
  if (count && expirations_.next() != sched::kNever) alarm_.arm(expirations_.next());
  return count;
}

Result<size_t> TimerFd::read(IoVector& to, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  uint64_t count;
  if (to.remaining() < sizeof count) return Errno(EINVAL);
  count = take();
  if (count == 0 && nonblocking()) return Errno(EAGAIN);
  if (count == 0) TRY(sched::wait_until(queue_, [&] { return (count = take()) != 0; }));
  return to.scatter(&count, sizeof count);
}

uint32_t TimerFd::poll() {
  sched::SpinGuard guard(lock_);
  return expirations_.expired(sched::now_ns()) ? EPOLLIN | EPOLLRDNORM : 0;
}

}  // namespace scone::file
