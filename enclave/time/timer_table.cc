#include "enclave/time/timer_table.h"

#include <linux/errno.h>

#include <new>

namespace scone::time {

TimerTable& timers() {
  static constinit TimerTable table;
  return table;
}

Result<int> TimerTable::create(int clock, Notification notification) {
  sched::MutexGuard guard(mutex_);
  if (count_ == kLimit) return Errno(EAGAIN);
  while (find(next_id_)) next_id_ = next_id_ == INT32_MAX ? 0 : next_id_ + 1;
  const int id = next_id_;
  const uint64_t value = notification.value_is_id ? static_cast<uint64_t>(id) : notification.value;
  auto* timer =
      new (std::nothrow) PosixTimer(id, clock, notification.signal, value, std::move(notification.thread));
  if (!timer) return Errno(EAGAIN);
  timers_.push_back(*timer);
  ++count_;
  next_id_ = id == INT32_MAX ? 0 : id + 1;
  return id;
}

Result<void> TimerTable::destroy(int id) {
  sched::MutexGuard guard(mutex_);
  PosixTimer* timer = find(id);
  if (!timer) return Errno(EINVAL);
  static_cast<ListNode<PosixTimer>*>(timer)->unlink();
  --count_;
  delete timer;
  return ok();
}

PosixTimer* TimerTable::find(int id) {
  for (PosixTimer& timer : timers_)
    if (timer.id() == id) return &timer;
  return nullptr;
}

}  // namespace scone::time
