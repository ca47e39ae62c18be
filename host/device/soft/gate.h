// The fast fidelity: known ENCLU sites of the image call the model instead of trapping.
//
// A site is 8 bytes: ENCLU (0f 01 d7) and a 5-byte nop (0f 1f 44 00 00). After EINIT has measured the image each becomes a call of
// the gate page, which the model puts into a hole of ELRANGE; it is no EPC page and jumps to soft_gate (transitions.S).
//
// Contract of a site, beside what the instruction itself asks for:
//  - It may be called: up to 128 bytes below RSP are overwritten, and must be writable.
//  - GS base is the one that EENTER loaded, or one that no TCS has (then the site traps, as in the strict fidelity).
//  - EEXIT does not preserve the arithmetic flags.
//  - EACCEPT, EMODPE and EACCEPTCOPY stand in a loop over pages with EAX = leaf, RBX = SECINFO, RCX = page, RDX = source page (only
//    EACCEPTCOPY reads it), R8 = rounds left including this one; the loop adds 4096 to RCX and RDX and takes 1 from R8 after
//    each round, and stops when R8 is 0 or on an error in RAX. The gate may do n >= 1 rounds at once; it returns as if from the last of
//    them: RCX and RDX advanced by (n - 1) * 4096, R8 less by n - 1. R8 = 1 outside of a loop.
//    Strict always does one round.
#pragma once

#include "base/result.h"
#include "host/device/soft/enclave.h"
#include "host/device/soft/thread_state.h"

namespace scone::host::soft {

// Checks and patches enclave.enclu_sites. EINVAL if one is not an executable site of this form; ENOSPC if there is no
// hole near the image. Without sites it does nothing.
Result<void> open_gate(SoftEnclave& enclave);

// Lets the gate find `thread` by the GS base that EENTER gives it.
void announce_to_gate(ThreadState& thread, uint64_t gs_base);
// Forgets all threads. For the end of an enclave.
void forget_gate_threads();

}  // namespace scone::host::soft
