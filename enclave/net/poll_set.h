// Waiting for events of many files at once: poll(2), select(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/net/probe.h"
#include "enclave/sched/wait_queue.h"

namespace scone::net {

// A fixed number of places, each for a file and the events it is watched for. Lives on the waiting thread's stack; small
// sets need no memory besides. Not thread safe.
class PollSet {
 public:
  // For at most `size` files. ENOMEM.
  Result<void> reserve(size_t size);
  PollSet() = default;
  PollSet(const PollSet&) = delete;
  PollSet& operator=(const PollSet&) = delete;
  ~PollSet();

  // Precondition: fewer than `size` were added.
  void add(Ref<file::File> file, uint32_t interest);
  size_t size() const { return size_; }
  uint32_t ready(size_t index) const { return probes_[index].ready; }

  // Parks until events hold or the deadline passes (CLOCK_MONOTONIC ns; 0: does not park). Returns the number of files
  // that are ready. kRestartNoHand when a signal came first.
  Result<size_t> wait(uint64_t deadline_ns);

 private:
  // Wakes the thread, but only for what it waits for.
  struct Waiter final : sched::Waiter {
    void notify(uint32_t events) override;
    sched::Lthread* thread = nullptr;
    uint32_t interest = 0;
  };
  static constexpr size_t kInline = 8;

  Result<size_t> park_until_ready(uint64_t deadline_ns);
  void join_queues();
  void leave_queues();

  Probe inline_probes_[kInline];
  Waiter inline_waiters_[kInline];
  Probe* probes_ = inline_probes_;     // owned if not inline
  Waiter* waiters_ = inline_waiters_;  // owned if not inline
  size_t size_ = 0;
};

}  // namespace scone::net
