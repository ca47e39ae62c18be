// Time, in ns.
#pragma once

#include <cstdint>

namespace scone::sched {

uint64_t now_ns();       // CLOCK_MONOTONIC, never backwards
uint64_t realtime_ns();  // CLOCK_REALTIME
uint64_t boottime_ns();  // CLOCK_BOOTTIME

}  // namespace scone::sched
