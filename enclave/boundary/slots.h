// System calls performed by helper threads of the runner: the paper's slots and rings.
//
// The rings lie in host memory, but every index and state that matters is private: what the host writes is a claim that is checked against
// the enclave's own record of the slot.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace scone::boundary {

struct CallArguments {
  uint64_t number;
  uint64_t arguments[6];
};

// Hands the call to a helper and parks until its result is there. When `interruptible`, a signal for the current thread makes the
// helper's call return early (EINTR). Returns the raw result.
int64_t call_through_slot(const CallArguments& call, bool interruptible);

// Takes results that have arrived and wakes their threads; called by the scheduler. True if there were any.
bool collect_completions();

}  // namespace scone::boundary
