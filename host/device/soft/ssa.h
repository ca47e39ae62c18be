// State Save Area frames: what an AEX writes and what ERESUME reads.
//
// Source: SDM vol. 3D, "State Save Area (SSA) Frame" and the operation sections "Asynchronous Enclave Exit" and ERESUME.
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <optional>

#include "host/device/soft/thread_state.h"
#include "host/device/soft/transitions.h"

namespace scone::host::soft {

// Bytes of an XSAVE area in standard format with the components of `xfrm`; 0 if the processor lacks one of them.
uint64_t xsave_area_size(uint64_t xfrm);

// Address of TCS frame `index`.
uint64_t frame_address(const SoftEnclave& enclave, const SoftTcs& tcs, uint32_t index);

// EENTER's and ERESUME's check: every page of the frame is regular, present and writable; #PF if not.
std::optional<Fault> check_frame(const SoftEnclave& enclave, const SoftTcs& tcs, uint32_t index);

// AEX: saves the interrupted state (general registers, XSAVE area, segment bases) in the current frame, makes the next
// one current and marks the TCS free. `fault`: the exception that caused it, which the enclave will see; nullptr for an
// interrupt. Ends the process if the frame has become inaccessible, where a processor would shut the enclave down.
// Nothing of the registers' contents stays in `interrupted`, which is not to be returned to.
void asynchronous_exit(ThreadState& thread, ucontext_t& interrupted, const SegmentBases& bases,
                       const Fault* fault);

// ERESUME, up to the jump: takes the TCS, makes its latest frame current and loads it into thread.resume and
// thread.resume_xsave. #GP or #PF, and nothing changed, if the TCS or the frame does not allow it.
std::optional<Fault> prepare_resume(ThreadState& thread, SoftTcs& tcs);

// Takes the TCS for this thread; false if a thread is inside already.
bool take_tcs(ThreadState& thread, SoftTcs& tcs);
void release_tcs(ThreadState& thread);

}  // namespace scone::host::soft
