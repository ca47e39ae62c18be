// Signals that were sent and not yet taken, with what accompanies them.
#pragma once

#include <cstdint>

#include "base/intrusive_list.h"
#include "base/result.h"
#include "enclave/process/signal_info.h"
#include "enclave/process/signal_set.h"

namespace scone::process {

// One sent signal. A set owns and frees those it made itself; one with a `taken` function belongs to the
// timer that sent it.
struct QueuedSignal : ListNode<QueuedSignal> {
  // Called with the signal lock held when the signal leaves the set for a thread.
  using Taken = void (*)(QueuedSignal&);
  Info info;
  Taken taken = nullptr;
};

// Standard signals coalesce (the first one's siginfo counts); real-time signals queue. Not thread safe: guarded by
// the signal lock.
class PendingSet {
 public:
  // Queued entries of one set: stands for RLIMIT_SIGPENDING.
  static constexpr uint32_t kLimit = 4096;

  constexpr PendingSet() = default;

  // Adds a signal. EAGAIN when a real-time signal cannot be queued. Standard signals, and those of kill(2), are never
  // lost: without memory only their siginfo is.
  Result<void> add(const Info& info);
  // Adds a timer's own entry. Precondition: it is in no set.
  void add(QueuedSignal& timer_entry);
  // Takes out a timer's entry. Precondition: it is in this set.
  void withdraw(QueuedSignal& timer_entry);

  SignalSet signals() const { return signals_; }
  // Takes out the next one of those in `wanted`: synchronous first, then by number, the oldest of one number first.
  // False if there is none.
  bool take(SignalSet wanted, Info& info);
  // Drops all of those in `unwanted`. A set that ends discards everything.
  void discard(SignalSet unwanted);

 private:
  QueuedSignal* find(int signal);
  void drop(QueuedSignal& entry);
  void forget_if_last(int signal);

  SignalSet signals_ = 0;
  uint32_t count_ = 0;  // entries the set owns
  IntrusiveList<QueuedSignal> queue_;
};

}  // namespace scone::process
