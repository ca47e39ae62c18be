// What tests do in the place of the scheduler.
#pragma once

namespace scone::fake {

// Hands the events that the real kernel holds for the master epoll to their sources; returns how many.
int collect_events();
// Runs every armed timer, whatever its deadline.
void run_timers();

}  // namespace scone::fake
