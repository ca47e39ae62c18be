// Ethreads without work.
#pragma once

#include <cstdint>
#include <optional>

namespace scone::sched {

// Sleeps outside until something may have changed, `deadline_ns` at the latest.
void idle(uint64_t deadline_ns);
// Of an ethread that others have taken over from: sleeps until it is woken, and does not look for events.
void stand_by();
// An ethread with a number below `limit` that sleeps, if there is one: from now on it is the caller's to wake (boundary::wake_ethread).
std::optional<unsigned> claim_idle_ethread(uint32_t limit);
// Hints.
bool is_idle(unsigned number);
bool another_is_awake();
// Some run queue is not empty (a hint).
bool work_available();

}  // namespace scone::sched
