// The clocks of clock_gettime(2).
#pragma once

#include <cstdint>

#include "base/result.h"

namespace scone::time {

// clockid_t. Negative values name the CPU-time clock of a process or thread (clock_getcpuclockid(3)).
enum Clock : int {
  kRealtime = 0,
  kMonotonic = 1,
  kProcessCpu = 2,
  kThreadCpu = 3,
  kMonotonicRaw = 4,
  kRealtimeCoarse = 5,
  kMonotonicCoarse = 6,
  kBoottime = 7,
  kRealtimeAlarm = 8,
  kBoottimeAlarm = 9,
  kTai = 11,
};

// ns. EINVAL: no such clock. Clocks of CPU time ask the host, all others do not. The CPU time of a user-level thread is
// not known to the host: it is given as that of the process.
Result<uint64_t> read(int clock);
// EINVAL: no such clock.
Result<void> check(int clock);

// When the moment `ns` of `clock`, or `ns` from now, will be in CLOCK_MONOTONIC; a moment of the past is now. A later step of
// CLOCK_REALTIME is not followed. EINVAL; EOPNOTSUPP: a clock that nothing can wait for.
Result<uint64_t> deadline(int clock, uint64_t ns, bool absolute);

}  // namespace scone::time
