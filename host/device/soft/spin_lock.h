// A lock that signal handlers may take: it spins, then gives the processor away.
#pragma once

#include <sched.h>

#include <atomic>

namespace scone::host::soft {

// Whoever holds it must not touch enclave memory: a fault would take the lock again.
class SpinLock {
 public:
  void lock() {
    for (int tries = 0; locked_.exchange(true, std::memory_order_acquire); ++tries)
      tries < 100 ? __builtin_ia32_pause() : void(sched_yield());
  }
  void unlock() { locked_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> locked_{false};
};

}  // namespace scone::host::soft
