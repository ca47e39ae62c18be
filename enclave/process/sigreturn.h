// The way back from a signal handler: rt_sigreturn(2).
#pragma once

#include "enclave/entry/user_frame.h"

namespace scone::process {

// Loads the current thread's registers, mask, alternate stack and vector state from the signal frame at the program's stack
// pointer. Nothing in it is trusted; what cannot be used becomes SIGSEGV. May fault on program memory.
void return_from_handler(entry::UserFrame& frame);

}  // namespace scone::process
