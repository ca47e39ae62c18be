// Vector, SSE and x87 state of the program. The runtime itself uses general registers only, so the registers keep the
// program's values until another thread runs or the enclave is left.
#pragma once

#include "enclave/sched/lthread.h"

namespace scone::entry {

// Learns XFRM from the processor's view of this enclave (EREPORT-free: XGETBV). Once, at start.
void init_vector_state();
// XFRM: the XSAVE components this enclave may use.
uint64_t xfrm();

// Puts the program's live registers into thread.xsave_area() and sets vector_saved; no effect if it is set. The
// registers must still be this thread's.
void save_vector(sched::Lthread& thread);
// What must survive when the thread gives up the processor inside a system call: everything if the call's site may hold vector state,
// otherwise the control words, which the psABI preserves across calls.
void save_vector_for_switch(sched::Lthread& thread);
// A new thread starts with its parent's state, as after clone(2). The parent is the current thread.
void inherit_vector(sched::Lthread& child, sched::Lthread& parent);
// Loads what was saved, before the thread returns to the program.
void restore_vector(sched::Lthread& thread);
// Overwrites all vector state with the initial one, so that the host sees nothing of the program's.
void scrub_vector();

}  // namespace scone::entry
