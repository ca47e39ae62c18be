// Clocks from the TSC and the host's time page. The host can lie about time (SGX has no trusted clock); what is
// guaranteed here is only that CLOCK_MONOTONIC never runs backwards.
#include "enclave/sched/clock.h"

#include <atomic>

#include "abi/border.h"
#include "enclave/boundary/host_clock.h"

namespace scone::sched {
namespace {

std::atomic<uint64_t> g_last_monotonic{0};

}  // namespace

uint64_t now_ns() {
  const uint64_t now = boundary::read_host_clock(boundary::HostClock::kMonotonic);
  uint64_t last = g_last_monotonic.load(std::memory_order_relaxed);
  while (now > last)
    if (g_last_monotonic.compare_exchange_weak(last, now, std::memory_order_relaxed)) return now;
  return last;
}

uint64_t realtime_ns() { return boundary::read_host_clock(boundary::HostClock::kRealtime); }

uint64_t boottime_ns() { return boundary::read_host_clock(boundary::HostClock::kBoottime); }

}  // namespace scone::sched
