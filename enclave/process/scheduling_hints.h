// What the program said about how a thread should be scheduled. Remembered and reported, not followed: user-level threads
// are scheduled fairly over all ethreads.
#pragma once

#include <cstdint>

namespace scone::process {

struct SchedulingHints {
  uint64_t affinity = UINT64_MAX;    // sched_setaffinity(2): bit per ethread
  int32_t policy = 0;                // SCHED_OTHER, SCHED_BATCH or SCHED_IDLE
  int32_t nice = 0;                  // -20..19
  uint32_t io_priority = 0;          // ioprio_set(2)
  uint64_t timer_slack_ns = 50'000;  // PR_SET_TIMERSLACK
};

}  // namespace scone::process
