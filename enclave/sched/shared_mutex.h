// A lock for readers and writers that may be held across host calls: its waiters park.
#pragma once

#include "base/intrusive_list.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/sched.h"

namespace scone::sched {

// Not recursive, not interruptible by signals. First come, first served: a writer that waits holds back later readers.
class SharedMutex {
 public:
  void lock() { acquire(true); }
  void unlock();
  void lock_shared() { acquire(false); }
  void unlock_shared();

 private:
  struct Waiting : ListNode<Waiting> {
    Lthread* thread;
    bool exclusive;
    bool granted = false;
  };
  void acquire(bool exclusive);
  void pass_on();  // lock_ held
  bool free_for(bool exclusive) const { return !writer_ && (!exclusive || readers_ == 0); }
  void enter(bool exclusive);

  SpinLock lock_{LockRank::kWaitQueue};
  uint32_t readers_ = 0;  // guarded by lock_, as the rest
  bool writer_ = false;
  IntrusiveList<Waiting> waiting_;
};

class [[nodiscard]] SharedGuard {
 public:
  explicit SharedGuard(SharedMutex& mutex) : mutex_(mutex) { mutex_.lock_shared(); }
  ~SharedGuard() { mutex_.unlock_shared(); }
  SharedGuard(const SharedGuard&) = delete;
  SharedGuard& operator=(const SharedGuard&) = delete;

 private:
  SharedMutex& mutex_;
};

class [[nodiscard]] ExclusiveGuard {
 public:
  explicit ExclusiveGuard(SharedMutex& mutex) : mutex_(mutex) { mutex_.lock(); }
  ~ExclusiveGuard() { mutex_.unlock(); }
  ExclusiveGuard(const ExclusiveGuard&) = delete;
  ExclusiveGuard& operator=(const ExclusiveGuard&) = delete;

 private:
  SharedMutex& mutex_;
};

}  // namespace scone::sched
