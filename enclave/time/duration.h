// Times as the program writes them, and as ns. Pure.
#pragma once

#include <linux/errno.h>
#include <linux/time_types.h>

#include <cstdint>

#include "base/result.h"

namespace scone::time {

inline constexpr uint64_t kSecond = 1'000'000'000;
inline constexpr uint64_t kMicrosecond = 1'000;
// The latest time there is, ≈ 292 years: later ones are cut, as in the kernel (KTIME_MAX).
inline constexpr uint64_t kLatest = INT64_MAX;

constexpr uint64_t add(uint64_t a, uint64_t b) { return a > kLatest || b > kLatest - a ? kLatest : a + b; }

// EINVAL: negative, or nanoseconds (microseconds) out of range.
constexpr Result<uint64_t> ns_from(const __kernel_timespec& time) {
  if (time.tv_sec < 0 || static_cast<uint64_t>(time.tv_nsec) >= kSecond) return Errno(EINVAL);
  const auto seconds = static_cast<uint64_t>(time.tv_sec);
  return seconds >= kLatest / kSecond ? kLatest : seconds * kSecond + static_cast<uint64_t>(time.tv_nsec);
}
constexpr Result<uint64_t> ns_from(const __kernel_old_timeval& time) {
  if (time.tv_usec < 0 || static_cast<uint64_t>(time.tv_usec) >= kSecond / kMicrosecond) return Errno(EINVAL);
  return ns_from(__kernel_timespec{time.tv_sec, time.tv_usec * static_cast<int64_t>(kMicrosecond)});
}

constexpr __kernel_timespec timespec_from(uint64_t ns) {
  return {static_cast<int64_t>(ns / kSecond), static_cast<int64_t>(ns % kSecond)};
}
// Rounds up: a timer that runs is never reported as having no time left.
constexpr __kernel_old_timeval timeval_from(uint64_t ns) {
  const uint64_t us = ns / kMicrosecond + (ns % kMicrosecond != 0);
  return {static_cast<int64_t>(us / 1'000'000), static_cast<int64_t>(us % 1'000'000)};
}
struct TimeZone {  // struct timezone
  int32_t minutes_west, daylight_saving;
};
// A date: rounds down.
constexpr __kernel_old_timeval time_of_day(uint64_t ns) {
  return {static_cast<int64_t>(ns / kSecond), static_cast<int64_t>(ns % kSecond / kMicrosecond)};
}

// A periodic timer that was due at `due` is looked at at `now`.
struct Expiry {
  uint64_t times;  // how often it expired by now
  uint64_t next;   // when it is due next; > now
};
// Preconditions: due <= now <= kLatest, interval > 0.
constexpr Expiry expire(uint64_t due, uint64_t interval, uint64_t now) {
  const uint64_t times = 1 + (now - due) / interval;
  return {times, interval > (kLatest - due) / times ? kLatest : due + times * interval};
}

}  // namespace scone::time
