// Where in the enclave a signal struck.
#pragma once

#include <ucontext.h>

#include <cstdint>

#include "host/device/soft/thread_state.h"

namespace scone::host::soft {

// Interrupted code, as the architecture would show it.
struct Interruption {
  bool inside;   // in the enclave; false: in host code, the model's own included
  bool at_gate;  // at a patched ENCLU site whose call has not begun to act, or at soft_gate_trap in its stead
};

// Classifies and, if the interruption is in the gate, rewinds RIP and RSP to the site, so that no state shows the gate.
Interruption classify(ThreadState* thread, ucontext_t& context);

// Whether the instruction at `rip` consists of or begins with these bytes; false if it cannot be read.
bool instruction_is(uint64_t rip, const uint8_t* bytes, size_t size);

}  // namespace scone::host::soft
