// The clocks that are computed from the TSC: one table for the system calls and for the vDSO.
#pragma once

#include <cstdint>
#include <optional>

#include "enclave/sched/clock_page.h"
#include "enclave/time/clock.h"

namespace scone::time {

// nullopt: a clock of another kind, or none.
constexpr std::optional<sched::Timeline> timeline_of(int clock) {
  switch (clock) {
    case kRealtime:
    case kRealtimeCoarse:
    case kRealtimeAlarm:
    case kTai:  // the kernel's TAI offset is 0 unless a time daemon sets it
      return sched::Timeline::kRealtime;
    case kMonotonic:
    case kMonotonicRaw:
    case kMonotonicCoarse:
      return sched::Timeline::kMonotonic;
    case kBoottime:
    case kBoottimeAlarm:
      return sched::Timeline::kBoottime;
    default:
      return std::nullopt;
  }
}

// ns. What Linux says; the coarse clocks are finer here.
constexpr uint64_t resolution_of(int clock) {
  return clock == kRealtimeCoarse || clock == kMonotonicCoarse ? 4'000'000 : 1;
}

}  // namespace scone::time
