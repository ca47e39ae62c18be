// What reaches the enclave from outside while it waits: readiness of descriptors, signals.
#pragma once

#include <cstdint>

namespace scone::boundary {

// Leaves the enclave until an event, a wake-up or the deadline (CLOCK_MONOTONIC; 0: look, do not wait), then hands
// readiness events on. `alone`: no thread can want to know meanwhile what became of calls that were posted and not awaited.
// Scheduler context or thread context.
void wait_for_events(uint64_t deadline_ns, bool alone = false);
// Leaves the enclave until a wake-up; others look for events. May return without one. Scheduler context.
void wait_for_wake_up();
// Makes the ethread's wait_for_events() or wait_for_wake_up() return, now or the next time.
void wake_ethread(uint64_t number);
// Hands signals that arrived from outside to the process.
void take_signals();
// Somebody wants a file of which the enclave has a lease, says the host, and take_lease_breaks() has not seen it yet.
bool lease_break_waits();
// Gives delegated files back if somebody wants one (file/recall_thread.h).
void take_lease_breaks();
// The runner's master epoll, for registering descriptors.
int master_epoll();

}  // namespace scone::boundary
