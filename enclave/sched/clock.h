// Time, in ns.
#pragma once

#include <cstdint>

namespace scone::sched {

class ClockPage;

// What the clocks are computed from. The host can lie about time (SGX has no trusted clock); what is guaranteed is only
// that CLOCK_MONOTONIC never runs backwards.
ClockPage& clock_page();

uint64_t now_ns();       // CLOCK_MONOTONIC, never backwards
uint64_t realtime_ns();  // CLOCK_REALTIME
uint64_t boottime_ns();  // CLOCK_BOOTTIME

}  // namespace scone::sched
