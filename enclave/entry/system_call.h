// Entering the dispatcher other than by a rewritten site.
#pragma once

#include "enclave/entry/user_frame.h"

namespace scone::entry {

// Performs the system call described by the frame (number in orig_rax) and leaves its result, or a restart, there.
void system_call(UserFrame& frame);

}  // namespace scone::entry
