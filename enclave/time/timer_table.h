// The process's POSIX timers.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/sched/mutex.h"
#include "enclave/time/posix_timer.h"

namespace scone::time {

// Whom a timer tells (struct sigevent), checked.
struct Notification {
  int signal = 0;  // 0: nobody
  uint64_t value = 0;
  bool value_is_id = false;  // the default without a sigevent
  Ref<sched::Lthread> thread;
};

// Thread safe; parks (thread context only).
class TimerTable {
 public:
  static constexpr int kLimit = 4096;

  constexpr TimerTable() = default;
  // The new timer's number. EAGAIN: too many, or no memory.
  Result<int> create(int clock, Notification notification);
  // All: EINVAL if there is no such timer.
  Result<void> destroy(int id);
  // Calls use(timer) under the table's lock.
  template <typename Use>
  Result<void> with(int id, Use use) {
    sched::MutexGuard guard(mutex_);
    PosixTimer* timer = find(id);
    if (!timer) return Errno(EINVAL);
    return use(*timer);
  }

 private:
  PosixTimer* find(int id);
  sched::Mutex mutex_;
  IntrusiveList<PosixTimer> timers_;
  int count_ = 0;
  int next_id_ = 0;
};

TimerTable& timers();

}  // namespace scone::time
