// Waiting for events of an object (readable, writable, …), alone or on many objects at once.
#pragma once

#include <cstdint>

#include "base/intrusive_list.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/sched.h"

namespace scone::sched {

// One party interested in one object's events. Lives as long as it is in a queue.
class Waiter : public ListNode<Waiter> {
 public:
  // Called with the queue's lock held, any ethread: may take locks of rank above kWaitQueue only; must not park.
  virtual void notify(uint32_t events) = 0;

 protected:
  ~Waiter() = default;
};

// Wakes the thread that made it.
class ThreadWaiter final : public Waiter {
 public:
  explicit ThreadWaiter(Lthread& thread) : thread_(thread) {}
  void notify(uint32_t) override { unpark(thread_); }

 private:
  Lthread& thread_;
};

// Thread safe.
class WaitQueue {
 public:
  void add(Waiter& waiter) {
    SpinGuard guard(lock_);
    waiters_.push_back(waiter);
  }
  // After it returns the waiter is not being notified.
  void remove(Waiter& waiter) {
    SpinGuard guard(lock_);
    waiter.unlink();
  }
  // Tells every waiter; `events` are EPOLL* bits that may have become true.
  void notify(uint32_t events) {
    SpinGuard guard(lock_);
    for (Waiter& waiter : waiters_) waiter.notify(events);
  }

 private:
  SpinLock lock_{LockRank::kWaitQueue};
  IntrusiveList<Waiter> waiters_;
};

// Waits on `queue` until `condition()` holds. EINTR-like end: Errno(kRestartSys) when a signal waits;
// ETIMEDOUT at the deadline. `condition` runs without locks.
template <typename Condition>
Result<void> wait_until(WaitQueue& queue, Condition condition, uint64_t deadline_ns = kNever);

}  // namespace scone::sched

#include "enclave/sched/wait_until.h"
