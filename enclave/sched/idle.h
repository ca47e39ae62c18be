// Ethreads without work.
#pragma once

#include <cstdint>

namespace scone::sched {

// Sleeps outside until something may have changed, `deadline_ns` at the latest.
void idle(uint64_t deadline_ns);
// Called after work was queued: wakes a sleeping ethread, if there is one.
void wake_idle_ethread();
// Some run queue is not empty (a hint).
bool work_available();

}  // namespace scone::sched
