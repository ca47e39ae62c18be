#include "enclave/sched/timer.h"

#include <atomic>
#include <new>

#include "enclave/runtime/memory.h"
#include "enclave/sched/idle.h"
#include "enclave/sched/lock.h"

namespace scone::sched {

// A binary heap of all armed timers, earliest first. Its array doubles when it is full.
class TimerQueue {
 public:
  void insert(Timer& timer, uint64_t deadline) {
    SpinGuard guard(lock_);
    if (timer.armed()) remove_locked(timer);
    if (size_ == capacity_ && !grow()) __builtin_trap();
    timer.deadline_ = deadline;
    place(size_++, timer);
    sift_up(timer.index_);
    publish();
  }

  void remove(Timer& timer) {
    for (;;) {
      {
        SpinGuard guard(lock_);
        if (timer.armed()) {
          remove_locked(timer);
          publish();
        }
        if (running_ != &timer) return;
      }
      __builtin_ia32_pause();  // its callback is being run on another ethread
    }
  }

  uint64_t run(uint64_t now) {
    if (next_.load(std::memory_order_relaxed) > now) return next_.load(std::memory_order_relaxed);
    if (!runner_.try_lock()) return next_.load(std::memory_order_relaxed);  // another ethread is at it
    uint64_t next;
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
    Timer* first = size_ && heap_[0]->deadline_ <= now ? heap_[0] : nullptr;
    if (first) {
      remove_locked(*first);
      running_ = first;
    }
    publish();
    next = next_.load(std::memory_order_relaxed);
    return first;
  }

  void publish() { next_.store(size_ ? heap_[0]->deadline_ : kNever, std::memory_order_relaxed); }

  bool grow() {
    const uint32_t capacity = capacity_ ? capacity_ * 2 : 256;
    auto** heap = new (std::nothrow) Timer*[capacity];
    if (!heap) return false;
    memcpy(heap, heap_, size_ * sizeof *heap);
    delete[] heap_;
    heap_ = heap;
    capacity_ = capacity;
    return true;
  }

  void place(uint32_t index, Timer& timer) {
    heap_[index] = &timer;
    timer.index_ = index;
  }

  void remove_locked(Timer& timer) {
    const uint32_t hole = timer.index_;
    timer.index_ = Timer::kNotQueued;
    Timer& last = *heap_[--size_];
    if (&last == &timer) return;
    place(hole, last);
    sift_up(hole);
    sift_down(last.index_);
  }

  void sift_up(uint32_t index) {
    Timer& timer = *heap_[index];
    while (index > 0 && timer.deadline_ < heap_[(index - 1) / 2]->deadline_) {
      place(index, *heap_[(index - 1) / 2]);
      index = (index - 1) / 2;
    }
    place(index, timer);
  }

  void sift_down(uint32_t index) {
    Timer& timer = *heap_[index];
    for (;;) {
      uint32_t child = index * 2 + 1;
      if (child >= size_) break;
      if (child + 1 < size_ && heap_[child + 1]->deadline_ < heap_[child]->deadline_) ++child;
      if (heap_[child]->deadline_ >= timer.deadline_) break;
      place(index, *heap_[child]);
      index = child;
    }
    place(index, timer);
  }

  SpinLock lock_{LockRank::kTimer};
  Timer** heap_ = nullptr;          // guarded by lock_
  uint32_t size_ = 0;               // guarded by lock_
  uint32_t capacity_ = 0;           // guarded by lock_
  Timer* running_ = nullptr;        // guarded by lock_: its callback is under way
  std::atomic<uint64_t> next_{kNever};  // written under lock_
  Flag runner_;
};

namespace {
TimerQueue g_timers;
}

void Timer::arm(uint64_t deadline_ns) { g_timers.insert(*this, deadline_ns); }

void Timer::cancel() { g_timers.remove(*this); }

uint64_t run_timers(uint64_t now_ns) { return g_timers.run(now_ns); }

}  // namespace scone::sched
