// Helper threads that perform system calls for the enclave (the paper's "syscall threads"): those that may block, and with the
// `threads` engine all of them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "abi/border.h"
#include "host/runner/pinning.h"

namespace scone::host {

// Thread safe. Helpers are started when they are needed and then stay; with `poll` they look for requests for a
// while before they sleep, so that the enclave need not leave to wake one.
class Helpers {
 public:
  // done(): called after each completion. `tamper`: tests put their hostile host here.
  Helpers(abi::SharedArea& shared, bool poll, const Pinning& pinning, std::function<void()> done);

  // Requests were posted: see that somebody performs them.
  void wake();
  // Makes the helper that performs `slot` return early from its system call, if it is in one.
  void cancel(uint64_t slot);

 private:
  static constexpr unsigned kMaxHelpers = 64;
  struct Helper {
    std::atomic<uint64_t> slot{UINT64_MAX};  // which one it performs
    pthread_t thread{};
  };
  void start_locked();
  void run(Helper& self);
  bool take(uint64_t& slot);
  bool wait_for_request();
  void perform(uint64_t slot);
  void complete(uint64_t slot, uint64_t generation);
  bool request_waits() const;

  abi::SharedArea& shared_;
  const bool poll_;
  const Pinning& pinning_;
  const std::function<void()> done_;
  std::atomic<uint64_t> taken_{0};  // requests
  std::mutex mutex_;
  std::condition_variable wake_;
  unsigned sleeping_ = 0;            // guarded by mutex_
  unsigned wakeups_ = 0;             // guarded by mutex_
  unsigned count_ = 0;               // guarded by mutex_
  Helper helpers_[kMaxHelpers];
  std::mutex completion_mutex_;
  uint64_t completed_ = 0;           // guarded by completion_mutex_
};

// The signal that interrupts a helper's system call. Its handler does nothing.
int cancel_signal();

}  // namespace scone::host
