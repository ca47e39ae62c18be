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
  // Sleeps until a wake-up, or until the others have not looked for events for some time without being asleep. Looks for none itself.
  void stand_by(unsigned number, abi::EthreadArea& area);
  void wake(unsigned number);
  // Wakes one that sleeps; if none does, the next sleep() returns at once.
  void wake_any();

 private:
  static constexpr uint64_t kOwnToken = UINT64_MAX;
  enum Token : uint32_t { kNothing, kWakeUp, kWatchAgain };
  struct alignas(64) Bed {
    std::atomic<uint32_t> token{kNothing};  // what waits for the sleeper
    std::atomic<bool> asleep{false};
    Patience patience;
  };
  static constexpr unsigned kNobody = UINT32_MAX;

  // How often who stands by looks whether the others still look for events.
  static constexpr uint64_t kWatchNs = 5'000'000;
  bool nap(Bed& bed, const timespec* timeout);
  void sleep_while_quiet(Bed& bed, uint64_t looks);
  void rouse_watchers();
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
  std::atomic<uint64_t> looks_{0};    // for events, by anybody
  std::atomic<unsigned> resting_{0};  // that stand by and do not watch
  Bed beds_[abi::kMaxEthreads];
};

}  // namespace scone::host
