// The queue of runnable threads of one ethread.
#pragma once

#include <atomic>

#include "base/cache_line.h"
#include "base/intrusive_list.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/lthread.h"

namespace scone::sched {

// FIFO. Thread safe: its ethread takes from the front, others steal from there too. Each on cache lines of its own.
// The state of queued threads is kRunnable.
class alignas(kCacheLine) RunQueue {
 public:
  void push(Lthread& thread) {
    SpinGuard guard(lock_);
    threads_.push_back(thread);
    if (thread.computes()) computing_.store(computing_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  Lthread* pop() {
    if (empty()) return nullptr;
    SpinGuard guard(lock_);
    Lthread* thread = threads_.pop_front();
    if (!thread) return nullptr;
    size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    pops_.store(pops_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (thread->computes()) computing_.store(computing_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    return thread;
  }
  // A hint unless the queue cannot change, as the next three.
  uint32_t size() const { return size_.load(std::memory_order_relaxed); }
  bool empty() const { return size() == 0; }
  // Changes whenever a thread is taken.
  uint32_t pops() const { return pops_.load(std::memory_order_relaxed); }
  // Some thread in it was last seen computing.
  bool has_computing() const { return computing_.load(std::memory_order_relaxed) != 0; }

 private:
  SpinLock lock_{LockRank::kRunQueue};
  IntrusiveList<Lthread, RunQueueTag> threads_;
  std::atomic<uint32_t> size_{0};       // written under lock_
  std::atomic<uint32_t> computing_{0};  // the same
  std::atomic<uint32_t> pops_{0};       // the same
};

}  // namespace scone::sched
