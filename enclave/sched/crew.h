// How many ethreads share the program's threads.
//
// A further ethread helps while there is something that it can do beside the others: threads that compute, or more system calls than
// the others can make. Otherwise it harms: it has to be woken, each crossing carries fewer calls, and what one ethread has learnt from
// the host is void as soon as another one crosses. Which it is shows by two signs: threads that keep a processor for long, and a try.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/cache_line.h"
#include "base/min_max.h"

namespace scone::sched {

// Ethreads 0 to size() - 1 are on duty. Thread safe. Times are cycles of the TSC, whose frequency an enclave does not know: 2 to 4 GHz, so
// what is written here as microseconds is right within a factor of two.
class Crew {
 public:
  // 100 us: ten times what it costs to wake an ethread.
  static constexpr uint64_t kLongRun = 250'000;
  // Long runs count if there are several within some 10 ms: one may be a thread that the host did not let run for a while. Each is credit
  // for 8 ms, up to 30, and all ethreads are on duty while there is more credit than 14.
  static constexpr uint64_t kCredit = 20'000'000;
  static constexpr uint64_t kMostCredit = 75'000'000;
  static constexpr uint64_t kEnough = 35'000'000;
  // 10 ms: what is measured in a try.
  static constexpr uint64_t kWindow = 25'000'000;
  // Windows between a try that failed and the next one; doubles.
  static constexpr uint32_t kFirstPause = 8;
  static constexpr uint32_t kLongestPause = 256;
  // Before it is asked whether less would do.
  static constexpr uint32_t kPauseAfterGain = 32;

  // Precondition: no ethread asks yet.
  void set_most(uint32_t ethreads) { most_ = ethreads; }
  uint32_t most() const { return most_; }
  uint32_t size(uint64_t now) const { return computes(now) ? most_ : usual_.load(std::memory_order_relaxed); }

  // A thread has had a processor for kLongRun while others could have used it.
  void note_long_run(uint64_t now) { give(now, kCredit); }
  // A thread computes for certain: it was seen at it several times.
  void note_computing(uint64_t now) { give(now, kMostCredit); }

  // Sums over all ethreads since the start.
  struct Load {
    uint64_t calls;   // system calls of the program
    uint64_t waited;  // cycles for which ethreads waited for events
  };
  // Precondition of observe(): due(now). One caller at a time.
  bool due(uint64_t now) const {
    return static_cast<int64_t>(now - window_end_.load(std::memory_order_relaxed)) >= 0;
  }
  void observe(uint64_t now, const Load& load);

 private:
  enum class Phase : uint8_t { kSteady, kSettling, kTrying };

  bool computes(uint64_t now) const {
    return static_cast<int64_t>(credit_until_.load(std::memory_order_relaxed) - now) >
           static_cast<int64_t>(kEnough);
  }
  void give(uint64_t now, uint64_t credit) {
    const uint64_t old = credit_until_.load(std::memory_order_relaxed);
    const uint64_t from = static_cast<int64_t>(old - now) > 0 ? old : now;
    // Of two at the same time one may get lost.
    credit_until_.store(min_of(from + credit, now + kMostCredit), std::memory_order_relaxed);
  }
  void judge(uint64_t elapsed, const Load& load);
  void consider(uint64_t rate, uint64_t idle);
  void try_size(uint32_t size, uint64_t rate);
  void settle_for(uint32_t size);

  alignas(kCacheLine) std::atomic<uint64_t> credit_until_{0};
  std::atomic<uint32_t> usual_{1};  // on duty while nobody computes
  std::atomic<uint64_t> window_end_{0};
  uint32_t most_ = 1;

  // The rest: observe()'s. Rates are calls in a million cycles.
  uint64_t window_start_ = 0;
  Load at_start_{};
  Phase phase_ = Phase::kSteady;
  uint32_t size_before_ = 1;
  uint64_t rate_before_ = 0;
  bool next_is_up_ = true;  // the direction that succeeded last, or has not failed last
  uint32_t pause_ = kFirstPause;
  uint32_t windows_to_wait_ = 0;
};

}  // namespace scone::sched
