// Setting and reporting a thread's alternate signal stack, with the errors of sigaltstack(2). Pure.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/process/signal_frame.h"
#include "enclave/process/thread_signals.h"

namespace scone::process {

inline constexpr int32_t kStackOnStack = 1;             // SS_ONSTACK
inline constexpr int32_t kStackDisable = 2;             // SS_DISABLE
inline constexpr int32_t kStackAutoDisarm = INT32_MIN;  // SS_AUTODISARM, bit 31
inline constexpr uint64_t kMinimumStackSize = 2048;     // MINSIGSTKSZ

// sp: the program's stack pointer. EPERM: it is on the stack that would change; EINVAL; ENOMEM: too small.
Result<void> set_alternate_stack(AlternateStack& stack, const SignalStack& wanted, uint64_t sp);
// As sigaltstack(2) reports it.
SignalStack describe(const AlternateStack& stack, uint64_t sp);

}  // namespace scone::process
