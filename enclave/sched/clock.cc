#include "enclave/sched/clock.h"

#include "enclave/sched/clock_page.h"

namespace scone::sched {
namespace {

constinit ClockPage g_clocks;

}  // namespace

ClockPage& clock_page() { return g_clocks; }

uint64_t now_ns() { return g_clocks.read(Timeline::kMonotonic); }

uint64_t realtime_ns() { return g_clocks.read(Timeline::kRealtime); }

uint64_t boottime_ns() { return g_clocks.read(Timeline::kBoottime); }

}  // namespace scone::sched
