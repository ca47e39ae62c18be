#include "enclave/sched/timer.h"

#include <atomic>

#include "enclave/sched/clock.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/timer_heap.h"

namespace scone::sched {

class TimerQueue {
 public:
  void insert(Timer& timer, uint64_t deadline) {
    SpinGuard guard(lock_);
    if (timer.armed()) heap_.remove(timer);
    timer.deadline_ = deadline;
    heap_.insert(timer);
    publish();
  }

  void remove(Timer& timer) {
    for (;;) {
      {
        SpinGuard guard(lock_);
        if (timer.armed()) {
          heap_.remove(timer);
          publish();
        }
        if (running_ != &timer) return;
      }
      __builtin_ia32_pause();  // its callback is being run on another ethread
    }
  }

  uint64_t next() const { return next_.load(); }

  uint64_t run() {
    uint64_t next = next_.load(std::memory_order_relaxed);
    if (next == kNever) return next;  // without a look at the clock
    const uint64_t now = now_ns();
    if (next > now) return next;
    if (!runner_.try_lock()) return next_.load(std::memory_order_relaxed);  // another ethread is at it
    while (Timer* due = take_due(now, next)) {
      due->callback_(*due);
      SpinGuard guard(lock_);
      running_ = nullptr;
    }
    runner_.unlock();
    return next;
  }

 private:
  // Says who runs callbacks; held across them, so not a SpinLock.
  class Flag {
   public:
    bool try_lock() { return !taken_.exchange(true, std::memory_order_acquire); }
    void unlock() { taken_.store(false, std::memory_order_release); }

   private:
    std::atomic<bool> taken_{false};
  };

  Timer* take_due(uint64_t now, uint64_t& next) {
    SpinGuard guard(lock_);
    Timer* first = heap_.first();
    if (first && first->deadline_ > now) first = nullptr;
    if (first) {
      heap_.remove(*first);
      running_ = first;
    }
    publish();
    next = next_.load(std::memory_order_relaxed);
    return first;
  }

  // seq_cst: an ethread that armed a timer looks whether another one sleeps; that one, about to sleep, looks for timers (idle.cc).
  void publish() { next_.store(heap_.first() ? heap_.first()->deadline_ : kNever); }

  SpinLock lock_{LockRank::kTimer};
  TimerHeap heap_;                  // guarded by lock_
  Timer* running_ = nullptr;        // guarded by lock_: its callback is under way
  std::atomic<uint64_t> next_{kNever};  // written under lock_
  Flag runner_;
};

namespace {
constinit TimerQueue g_timers;
}

void Timer::arm(uint64_t deadline_ns) { g_timers.insert(*this, deadline_ns); }

void Timer::cancel() { g_timers.remove(*this); }

uint64_t run_timers() { return g_timers.run(); }

uint64_t next_timer() { return g_timers.next(); }

}  // namespace scone::sched
