// Ethreads without work.
#pragma once

#include <cstdint>
#include <optional>

namespace scone::sched {

// Sleeps outside until something may have changed, `deadline_ns` at the latest.
void idle(uint64_t deadline_ns);
// An ethread that sleeps, if there is one: from now on it is the caller's to wake (boundary::wake_ethread).
std::optional<unsigned> claim_idle_ethread();
// Some run queue is not empty (a hint).
bool work_available();

}  // namespace scone::sched
