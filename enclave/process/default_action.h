// What happens to a process that has no handler for a signal.
#pragma once

#include "enclave/process/action.h"

namespace scone::process {

// Performs kTerminate (does not return), kStop (returns when the process was continued) or kIgnore. On the thread's
// kernel stack, nothing locked.
void perform_default(Disposition disposition, int signal);

}  // namespace scone::process
