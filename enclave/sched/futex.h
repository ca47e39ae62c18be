// The queue of threads that wait on futex words. All inside the enclave: a futex never leaves it.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/sched/timer.h"

namespace scone::sched {

inline constexpr uint32_t kAnyBit = UINT32_MAX;  // FUTEX_BITSET_MATCH_ANY

// Waits until woken with a common bit, if *word == expected. EAGAIN: it is not; ETIMEDOUT; Errno(kRestartSys): a signal;
// EFAULT.
Result<void> futex_wait(AppPtr<uint32_t> word, uint32_t expected, uint32_t bits, uint64_t deadline_ns);
// Wakes up to `count` waiters with a common bit; how many there were.
uint32_t futex_wake(uint64_t address, uint32_t count, uint32_t bits);
// Wakes up to `wake` waiters of `from`, moves up to `move` others to `to`. How many were woken or moved.
uint32_t futex_requeue(uint64_t from, uint64_t to, uint32_t wake, uint32_t move);

}  // namespace scone::sched
