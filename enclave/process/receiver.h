// Which thread takes a signal sent to the process.
#pragma once

#include "enclave/process/signal_set.h"
#include "enclave/process/thread_signals.h"

namespace scone::process {

// True if the thread shall be told of `signal`: it takes it, and has not been told of another one that it has yet
// to take (then it will find this one as well).
inline bool wants(const ThreadSignals& thread, int signal) {
  return !thread.exiting && !thread.signal_waits() && !(thread.refused() & set_of(signal));
}

// The first that wants it, in list order: the main thread comes first, as on Linux. Null: none; the signal stays
// with the process until one does. Range: of objects with a member `signals`. The signal lock is held.
template <typename Range>
auto choose_receiver(Range& threads, int signal) -> decltype(&*threads.begin()) {
  for (auto& thread : threads)
    if (wants(thread.signals, signal)) return &thread;
  return nullptr;
}

}  // namespace scone::process
