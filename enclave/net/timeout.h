// Timeouts as programs give them, and deadlines in ns of CLOCK_MONOTONIC.
#pragma once

#include <linux/errno.h>
#include <linux/time_types.h>

#include <cstdint>

#include "base/result.h"
#include "enclave/sched/timer.h"

namespace scone::net {

inline constexpr uint64_t kNsPerSecond = 1'000'000'000;
inline constexpr uint64_t kNsPerMicrosecond = 1'000;
inline constexpr uint64_t kNsPerMillisecond = 1'000'000;

// Saturates below sched::kNever: centuries. EINVAL: negative, or a fraction of a second or more.
inline Result<uint64_t> to_ns(int64_t seconds, int64_t fraction, uint64_t fractions_per_second) {
  if (seconds < 0 || static_cast<uint64_t>(fraction) >= fractions_per_second) return Errno(EINVAL);
  if (static_cast<uint64_t>(seconds) > INT64_MAX / kNsPerSecond - 1) return uint64_t{INT64_MAX};
  return static_cast<uint64_t>(seconds) * kNsPerSecond +
         static_cast<uint64_t>(fraction) * (kNsPerSecond / fractions_per_second);
}
inline Result<uint64_t> to_ns(const __kernel_timespec& time) {
  return to_ns(time.tv_sec, time.tv_nsec, kNsPerSecond);
}

inline __kernel_timespec to_timespec(uint64_t ns) {
  return {static_cast<int64_t>(ns / kNsPerSecond), static_cast<long long>(ns % kNsPerSecond)};
}

// now + ns, or kNever if that is beyond all time.
constexpr uint64_t deadline_after(uint64_t now, uint64_t ns) {
  return ns < sched::kNever - now ? now + ns : sched::kNever;
}

}  // namespace scone::net
