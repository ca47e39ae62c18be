// A lock that may be held across host calls and copies: its waiters park.
#pragma once

#include "base/intrusive_list.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/sched.h"

namespace scone::sched {

// Not recursive. Not interruptible by signals (hold times are bounded by host calls that end). FIFO hand-over.
// Order between mutexes is stated where they are declared; a mutex is never taken with a spin lock held.
class Mutex {
 public:
  void lock();
  void unlock();

 private:
  struct Waiting : ListNode<Waiting> {
    Lthread* thread;
    bool granted = false;
  };
  SpinLock lock_{LockRank::kWaitQueue};
  bool held_ = false;               // guarded by lock_
  IntrusiveList<Waiting> waiting_;  // guarded by lock_
};

class [[nodiscard]] MutexGuard {
 public:
  explicit MutexGuard(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexGuard() { mutex_.unlock(); }
  MutexGuard(const MutexGuard&) = delete;
  MutexGuard& operator=(const MutexGuard&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace scone::sched
