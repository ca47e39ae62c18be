// When a timer is due. Pure.
#pragma once

#include <cstdint>

#include "enclave/sched/timer.h"
#include "enclave/time/duration.h"

namespace scone::time {

// ns; due in CLOCK_MONOTONIC, kNever when disarmed; interval 0: once.
struct Schedule {
  uint64_t due = sched::kNever;
  uint64_t interval = 0;
};

// A timer of a shorter interval does not wake the runtime more often than this; what it misses is counted.
inline constexpr uint64_t kShortestSleep = 50'000;

// Moves the schedule past `now`. Returns how often it expired meanwhile.
constexpr uint64_t advance(Schedule& schedule, uint64_t now) {
  if (schedule.due > now) return 0;
  if (schedule.interval == 0) {
    schedule.due = sched::kNever;
    return 1;
  }
  const Expiry expiry = expire(schedule.due, schedule.interval, now);
  schedule.due = expiry.next;
  return expiry.times;
}

// When to look at an advanced schedule again.
constexpr uint64_t wake_up(const Schedule& schedule, uint64_t now) {
  const uint64_t soonest = add(now, kShortestSleep);
  return schedule.due > soonest ? schedule.due : soonest;
}

// ns until the next expiry, at least 1 while armed; 0 if disarmed: as timer_gettime(2) and getitimer(2) report it.
constexpr uint64_t remaining(Schedule schedule, uint64_t now) {
  if (schedule.due == sched::kNever) return 0;
  // Due, but the scheduler has not noticed yet.
  if (schedule.due <= now && schedule.interval == 0) return 1;
  advance(schedule, now);
  return schedule.due - now;
}

}  // namespace scone::time
