// Signals that were sent and not yet taken, with what accompanies them.
#pragma once

#include <cstdint>

#include "base/intrusive_list.h"
#include "base/result.h"
#include "enclave/process/signal_info.h"
#include "enclave/process/signal_set.h"

namespace scone::process {

// One sent signal. A set owns and frees those it made; a timer's own entry stays the timer's.
struct QueuedSignal : ListNode<QueuedSignal> {
  Info info;
  bool owned_by_timer = false;
};

// Standard signals coalesce (the first one's siginfo counts); real-time signals queue. Not thread safe: guarded by
// the signal lock.
class PendingSet {
 public:
  // Queued entries of one set, RLIMIT_SIGPENDING's stand-in.
  static constexpr uint32_t kLimit = 4096;

  PendingSet() = default;
  ~PendingSet();

  // Adds a signal. EAGAIN when a real-time signal cannot be queued. A standard signal is never lost: without memory
  // only its siginfo is.
  Result<void> add(const Info& info);
  // Adds a timer's own entry. False if it (or, for a standard signal, another) is pending already.
  bool add(QueuedSignal& timer_entry);
  // Takes out a timer's entry, if it is here.
  void withdraw(QueuedSignal& timer_entry);

  SignalSet signals() const { return signals_; }
  // The next one to take of those in `wanted`: synchronous first, then by number; false if there is none.
  // `timer_entry` receives the entry of the timer that sent it, or nullptr.
  bool take(SignalSet wanted, Info& info, QueuedSignal*& timer_entry);
  // Drops all of those in `unwanted`.
  void discard(SignalSet unwanted);

 private:
  QueuedSignal* find(int signal);
  void drop(QueuedSignal& entry);

  SignalSet signals_ = 0;
  uint32_t count_ = 0;  // entries the set owns
  IntrusiveList<QueuedSignal> queue_;
};

}  // namespace scone::process
