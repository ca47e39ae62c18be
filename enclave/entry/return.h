// The way back to the program.
#pragma once

#include "enclave/entry/user_frame.h"

namespace scone::entry {

// Everything that has to happen before program code runs again: signals, preemption, wake-ups, vector state. May park, change the frame, or not
// return. Afterwards the frame's registers are loaded at once. True if all of them must be (kFrameFullRestore).
bool return_to_program(UserFrame& frame);

}  // namespace scone::entry
