// A spin lock for what many ethreads look at all the time and hardly anybody changes.
#pragma once

#include <atomic>
#include <cstdint>

#include "abi/border.h"
#include "base/cache_line.h"
#include "enclave/sched/lock.h"

namespace scone::sched {

#ifdef SCONE_ENCLAVE
// SAFETY: gs:8 and gs:0x38 are Ethread::number and Ethread::ethreads; both are measured and never change.
inline uint64_t own_stripe() {
  uint64_t number;
  asm volatile("movq %%gs:0x08, %0" : "=r"(number));
  return number;
}
inline uint64_t stripe_count() {
  uint64_t count;
  asm volatile("movq %%gs:0x38, %0" : "=r"(count));
  return count;
}
#else
inline std::atomic<uint64_t> next_stripe_of_thread{0};
inline thread_local const uint64_t stripe_of_thread = next_stripe_of_thread++ % abi::kMaxEthreads;
inline uint64_t own_stripe() { return stripe_of_thread; }
inline uint64_t stripe_count() { return abi::kMaxEthreads; }
#endif

// Every ethread has a lock of its own, on a cache line of its own: a reader takes its ethread's, a writer all of them. So readers never
// wait for each other's cache lines, and a reader still keeps writers out. The rules of lock.h hold; ranks do, too: it counts as one lock.
class ReadMostlyLock {
 public:
  constexpr explicit ReadMostlyLock(LockRank rank) : bit_(uint64_t{1} << static_cast<unsigned>(rank)) {}
  ReadMostlyLock(const ReadMostlyLock&) = delete;
  ReadMostlyLock& operator=(const ReadMostlyLock&) = delete;

  void lock_shared() {
    check_order();
    stripes_[own_stripe()].lock();
    set_held_ranks(held_ranks() | bit_);
  }
  void unlock_shared() {
    set_held_ranks(held_ranks() & ~bit_);
    stripes_[own_stripe()].unlock();
  }
  void lock() {
    check_order();
    // All in the same order, so that two writers do not wait for each other for ever.
    for (uint64_t i = 0; i < stripe_count(); ++i) stripes_[i].lock();
    set_held_ranks(held_ranks() | bit_);
  }
  void unlock() {
    set_held_ranks(held_ranks() & ~bit_);
    for (uint64_t i = 0; i < stripe_count(); ++i) stripes_[i].unlock();
  }

 private:
  class alignas(kCacheLine) Stripe {
   public:
    void lock() {
      while (locked_.exchange(true, std::memory_order_acquire))
        while (locked_.load(std::memory_order_relaxed)) __builtin_ia32_pause();
    }
    void unlock() { locked_.store(false, std::memory_order_release); }

   private:
    std::atomic<bool> locked_{false};
  };

  void check_order() const {
    if (held_ranks() >= bit_) [[unlikely]]
      __builtin_trap();  // out of order: a deadlock waiting to happen
  }

  const uint64_t bit_;
  Stripe stripes_[abi::kMaxEthreads];
};

class [[nodiscard]] ReadGuard {
 public:
  explicit ReadGuard(ReadMostlyLock& lock) : lock_(lock) { lock_.lock_shared(); }
  ~ReadGuard() { lock_.unlock_shared(); }
  ReadGuard(const ReadGuard&) = delete;
  ReadGuard& operator=(const ReadGuard&) = delete;

 private:
  ReadMostlyLock& lock_;
};

class [[nodiscard]] WriteGuard {
 public:
  explicit WriteGuard(ReadMostlyLock& lock) : lock_(lock) { lock_.lock(); }
  ~WriteGuard() { lock_.unlock(); }
  WriteGuard(const WriteGuard&) = delete;
  WriteGuard& operator=(const WriteGuard&) = delete;

 private:
  ReadMostlyLock& lock_;
};

}  // namespace scone::sched
