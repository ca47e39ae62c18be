// What the clocks are computed from. Header only: the runtime reads it, and so does the code of the vDSO (enclave/vdso) that stands
// in the program's memory; both give the same time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "enclave/sched/tsc.h"

namespace scone::sched {

enum class Timeline : uint8_t { kMonotonic, kRealtime, kBoottime };
inline constexpr size_t kTimelines = 3;

// ns = base_ns + ((TSC - base_tsc) * multiplier >> 32). The host's word: any numbers.
struct Calibration {
  uint64_t base_tsc;
  uint64_t multiplier;
  uint64_t base_ns[kTimelines];
};

// Any thread reads without waiting: there are two slots, of which the sequence's lowest bit says which one is valid, so one that is
// stopped while it calibrates stops nobody else.
class ClockPage {
 public:
  // ns. CLOCK_MONOTONIC is never less than what any thread was given before, whatever the host does to the calibration and the TSC; the
  // others may be set back.
  uint64_t read(Timeline timeline) {
    return timeline == Timeline::kMonotonic ? monotonic() : convert(timeline, &read_tsc_in_order);
  }

  // What the readings that begin from now on follow. One caller at a time.
  void calibrate(const Calibration& to) {
    const uint64_t next = sequence_.load(std::memory_order_relaxed) + 1;
    Slot& slot = slots_[next & 1];
    // Who still reads the slot must not see the new numbers before the last change of the sequence.
    std::atomic_thread_fence(std::memory_order_release);
    slot.base_tsc.store(to.base_tsc, std::memory_order_relaxed);
    slot.multiplier.store(to.multiplier, std::memory_order_relaxed);
    for (size_t i = 0; i < kTimelines; ++i) slot.base_ns[i].store(to.base_ns[i], std::memory_order_relaxed);
    sequence_.store(next, std::memory_order_release);
  }

 private:
  struct alignas(64) Slot {
    std::atomic<uint64_t> base_tsc;
    std::atomic<uint64_t> multiplier;
    std::atomic<uint64_t> base_ns[kTimelines];
  };

  // Not before earlier loads are done, so that who has seen another thread's doing does not read an earlier time than that one.
  // monotonic() needs no such order: it looks at what others were given.
  static uint64_t read_tsc_in_order() {
    uint32_t low, high;
    // SAFETY: as in read_tsc().
    asm volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return uint64_t{high} << 32 | low;
  }

  uint64_t monotonic() {
    const uint64_t now = convert(Timeline::kMonotonic, &read_tsc);
    uint64_t last = last_monotonic_.load(std::memory_order_relaxed);
    while (now > last)
      if (last_monotonic_.compare_exchange_weak(last, now, std::memory_order_relaxed)) return now;
    return last;
  }

  template <typename Counter>
  uint64_t convert(Timeline timeline, Counter counter) const {
    uint64_t sequence, base_tsc, multiplier, base_ns;
    do {
      sequence = sequence_.load(std::memory_order_acquire);
      const Slot& slot = slots_[sequence & 1];
      base_tsc = slot.base_tsc.load(std::memory_order_relaxed);
      multiplier = slot.multiplier.load(std::memory_order_relaxed);
      base_ns = slot.base_ns[static_cast<size_t>(timeline)].load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
    } while (sequence_.load(std::memory_order_relaxed) != sequence);
    const uint64_t tsc = counter();
    if (tsc < base_tsc) return base_ns;
    return base_ns + static_cast<uint64_t>(static_cast<unsigned __int128>(tsc - base_tsc) * multiplier >> 32);
  }

  std::atomic<uint64_t> sequence_{0};
  Slot slots_[2]{};
  // Written by every reading: away from what is only read.
  alignas(64) std::atomic<uint64_t> last_monotonic_{0};
};

}  // namespace scone::sched
