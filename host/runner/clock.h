// Keeps the enclave's time page true.
#pragma once

#include <atomic>
#include <cstdint>

#include "abi/border.h"

namespace scone::host {

// The rate of the TSC is estimated against CLOCK_MONOTONIC over the whole life of the process, so it becomes
// better with time. Any thread, signal handlers included.
class Clock {
 public:
  // Takes the first sample: make it early in the process.
  Clock();
  // From now on `page` is kept. Takes the second sample, at least a millisecond after the first.
  void publish(abi::TimePage& page);
  // Takes a further sample if it is time. Costs one RDTSC otherwise.
  void refresh();

 private:
  struct Sample {
    uint64_t tsc, monotonic_ns;
  };
  static Sample take();
  void update(const Sample& now);

  Sample first_;
  abi::TimePage* page_ = nullptr;
  std::atomic<uint64_t> next_tsc_{UINT64_MAX};
  std::atomic<bool> updating_{false};
};

}  // namespace scone::host
