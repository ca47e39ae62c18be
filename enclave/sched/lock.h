// Spin locks of the runtime, each with a rank.
//
// A spin lock is held for a few hundred instructions at most: never across a host call, a copy from or to program
// memory, or a park. What must be held longer is a sched::Mutex (mutex.h). The runtime is never preempted by its own
// scheduler while it runs, so a spin lock needs no interrupt masking.
#pragma once

#include <atomic>
#include <cstdint>

namespace scone::sched {

// Order of acquisition: a thread may take a lock only if every spin lock it holds has a lower rank.
enum class LockRank : uint8_t {
  kProcess,      // thread list, signal actions
  kFdTable,
  kObject,       // state of a pipe, eventfd, socket, open file …
  kFutex,        // a futex bucket
  kStream,       // a socket's bytes received ahead and not sent yet
  kSendList,     // the streams that have something to send
  kWaitQueue,    // the waiters of one object
  kReadyList,    // an epoll object's list of ready descriptors
  kSignal,       // a thread's pending signals
  kTimer,        // the timer queue
  kRunQueue,     // an ethread's queue of runnable threads
  kHostArena,    // the allocator of host memory
  kSlots,        // slots and rings
  kPages,        // page states (EPCM shadow)
  kHeap,         // the runtime's own allocator
  kLog,
};

#ifdef SCONE_ENCLAVE
// One bit per rank held by this ethread; lives in the Ethread block (entry/ethread.h pins the offset).
// SAFETY: gs:0x40 is Ethread::held_ranks, private to the running ethread.
inline uint64_t held_ranks() {
  uint64_t held;
  asm volatile("movq %%gs:0x40, %0" : "=r"(held));
  return held;
}
inline void set_held_ranks(uint64_t held) { asm volatile("movq %0, %%gs:0x40" : : "r"(held) : "memory"); }
#else
inline thread_local uint64_t held_ranks_of_thread = 0;
inline uint64_t held_ranks() { return held_ranks_of_thread; }
inline void set_held_ranks(uint64_t held) { held_ranks_of_thread = held; }
#endif

class SpinLock {
 public:
  constexpr explicit SpinLock(LockRank rank) : bit_(uint64_t{1} << static_cast<unsigned>(rank)) {}
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  void lock() {
    uint64_t held = held_ranks();
    if (held >= bit_) [[unlikely]] __builtin_trap();  // out of order: a deadlock waiting to happen
    while (locked_.exchange(true, std::memory_order_acquire))
      while (locked_.load(std::memory_order_relaxed)) __builtin_ia32_pause();
    set_held_ranks(held | bit_);
  }
  bool try_lock() {
    if (locked_.exchange(true, std::memory_order_acquire)) return false;
    set_held_ranks(held_ranks() | bit_);
    return true;
  }
  void unlock() {
    set_held_ranks(held_ranks() & ~bit_);
    locked_.store(false, std::memory_order_release);
  }

 private:
  const uint64_t bit_;
  std::atomic<bool> locked_{false};
};

class [[nodiscard]] SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) : lock_(lock) { lock_.lock(); }
  ~SpinGuard() { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace scone::sched
