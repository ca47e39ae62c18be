// Where ethreads without work sleep, and who wakes them.
#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>

#include "abi/border.h"
#include "base/result.h"
#include "host/runner/patience.h"
#include "host/syscall/receiver.h"

namespace scone::host {

// One sleeping ethread waits in the master epoll (the poller), further ones on a futex. A wake-up that comes before
// the sleep is kept. Thread safe; wake() may be called from signal handlers.
class Sleeper {
 public:
  static Result<void> create(Sleeper& sleeper);
  ~Sleeper();

  int epoll_fd() const { return epoll_; }
  // Gets to see all events first. `patient`: crossings cost enough to wait a moment for company. Before any ethread runs.
  void set_receiver(Receiver* receiver, bool patient) {
    receiver_ = receiver;
    patient_ = patient;
  }
  // Sleeps as ethread `number` until a wake-up, an event or the deadline (CLOCK_MONOTONIC ns; 0: only collects
  // events, UINT64_MAX: none). Fills area.events.
  void sleep(unsigned number, uint64_t deadline_ns, abi::EthreadArea& area);
  void wake(unsigned number);
  // Wakes one that sleeps; if none does, the next sleep() returns at once.
  void wake_any();

 private:
  static constexpr uint64_t kOwnToken = UINT64_MAX;
  struct alignas(64) Bed {
    std::atomic<uint32_t> token{0};  // 1: a wake-up waits
    std::atomic<bool> asleep{false};
    Patience patience;
  };
  static constexpr unsigned kNobody = UINT32_MAX;

  void wait_for_events(unsigned number, uint64_t deadline_ns, abi::EthreadArea& area);
  void poll_events(unsigned number, uint64_t deadline_ns, abi::EthreadArea& area);
  void take_wake_up(unsigned number);
  void collect(unsigned number, const timespec* timeout, abi::EthreadArea& area);

  Receiver* receiver_ = nullptr;
  bool patient_ = false;
  int epoll_ = -1;
  int event_ = -1;  // in epoll_, wakes the poller
  std::atomic<unsigned> poller_{kNobody};
  std::atomic<bool> unseen_{false};
  Bed beds_[abi::kMaxEthreads];
};

}  // namespace scone::host
