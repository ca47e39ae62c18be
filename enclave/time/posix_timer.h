// Timers that send signals: timer_create(2).
#pragma once

#include <atomic>
#include <cstdint>

#include "base/intrusive_list.h"
#include "base/ref.h"
#include "base/result.h"
#include "enclave/process/pending_set.h"
#include "enclave/sched/lthread.h"
#include "enclave/sched/timer.h"
#include "enclave/time/schedule.h"

namespace scone::time {

// The public functions are for one thread at a time (the table's mutex); expiry comes from the scheduler.
class PosixTimer : private sched::Timer, private process::QueuedSignal, public ListNode<PosixTimer> {
 public:
  // signal 0: expires silently (SIGEV_NONE). thread: who gets it, or null for the process.
  PosixTimer(int id, int clock, int signal, uint64_t value, Ref<sched::Lthread> thread);
  ~PosixTimer();

  int id() const { return id_; }
  int clock() const { return clock_; }
  // Replaces the schedule. A signal of the old one that was not taken yet is withdrawn. Returns the old one.
  Schedule set(const Schedule& schedule);
  Schedule get() const { return {due_.load(), interval_}; }
  // Of the last signal that was taken.
  int overrun() const { return overrun_.load(); }

 private:
  static void expired(sched::Timer& timer);
  static void taken(process::QueuedSignal& entry);

  const int id_;
  const int clock_;
  const Ref<sched::Lthread> thread_;
  std::atomic<uint64_t> due_{sched::kNever};
  uint64_t interval_ = 0;  // changed only while the timer is cancelled
  std::atomic<int> overrun_{0};
};

}  // namespace scone::time
