// Timers of the runtime: one queue for all, expired by the scheduler.
#pragma once

#include <cstdint>

namespace scone::sched {

inline constexpr uint64_t kNever = UINT64_MAX;

// Embedded in its owner. The callback runs on whichever ethread notices the expiry, with no locks held and without
// a current thread; it must not park or touch program memory. It may re-arm the timer.
class Timer {
 public:
  using Callback = void (*)(Timer&);
  explicit Timer(Callback callback) : callback_(callback) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  // Fires once at `deadline_ns` (CLOCK_MONOTONIC). Re-arming moves it.
  void arm(uint64_t deadline_ns);
  // After it returns the callback is not running and will not run, unless armed again.
  // Must not be called from the callback itself.
  void cancel();
  bool armed() const { return link_ != nullptr; }
  uint64_t deadline() const { return deadline_; }

 private:
  friend class TimerQueue;
  friend class TimerHeap;
  Callback callback_;
  uint64_t deadline_ = kNever;
  // Place in the queue's heap; guarded by its lock.
  Timer* child_ = nullptr;    // first of the later ones below
  Timer* sibling_ = nullptr;  // next one below the same timer
  Timer** link_ = nullptr;    // what points here: a child_, a sibling_ or the root; nullptr: not queued
};

// Runs what is due. Returns the next deadline, or kNever. Called by the scheduler.
uint64_t run_timers();
// The next deadline, or kNever.
uint64_t next_timer();

}  // namespace scone::sched
