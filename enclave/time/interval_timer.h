// The process's ITIMER_REAL: setitimer(2), alarm(2).
#pragma once

#include "enclave/sched/mutex.h"
#include "enclave/time/schedule.h"

namespace scone::time {

// Sends SIGALRM to the process. Thread context only. ENOMEM on first use. Returns the schedule that was replaced.
Result<Schedule> set_real_timer(const Schedule& schedule);
Schedule get_real_timer();

}  // namespace scone::time
