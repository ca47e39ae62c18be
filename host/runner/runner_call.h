// What the enclave asks of the runner itself.
#pragma once

#include "abi/border.h"

namespace scone::host {

struct Process;

// Performs it; the answer as a system call's.
int64_t serve_runner_call(Process& process, abi::RunnerCall call, const uint64_t (&arguments)[6]);

}  // namespace scone::host
