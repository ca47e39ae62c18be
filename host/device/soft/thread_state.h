// What the model keeps for a thread that enters enclaves, and the stacks it runs on.
//
// A thread owns one aligned slot of an arena:  [ThreadState | guard | gate stack | guard | signal stack].
// A signal handler is always on the signal stack of its thread, so the slot, and the thread, follow from the stack pointer
// alone: inside the enclave FS and GS belong to the enclave.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "host/device/enclave_device.h"
#include "host/device/soft/enclave.h"
#include "host/device/soft/thread_layout.h"

namespace scone::host::soft {

struct alignas(4096) ThreadState {
  uint64_t host_fs;
  uint64_t host_gs;
  uint64_t exit_rsp;                // stack of the innermost soft_enter(): where an exit continues
  std::atomic<uint32_t>* tcs_busy;  // of the TCS that the thread is inside
  uint64_t gate_stack;              // top
  uint64_t xfrm;
  uint64_t xsave_words;  // size of the enclave's XSAVE area
  uint64_t reserved;
  sgx::GprSgx resume;  // registers for soft_resume()

  SoftEnclave* enclave;
  SoftTcs* tcs;     // of the innermost stay; nullptr outside
  EnclaveRun* run;  // of the innermost enter()
  alignas(4096) uint8_t gate_xsave[4096];
  alignas(4096) uint8_t resume_xsave[4096];
};
static_assert(offsetof(ThreadState, host_fs) == THREAD_HOST_FS);
static_assert(offsetof(ThreadState, host_gs) == THREAD_HOST_GS);
static_assert(offsetof(ThreadState, exit_rsp) == THREAD_EXIT_RSP);
static_assert(offsetof(ThreadState, tcs_busy) == THREAD_TCS_BUSY);
static_assert(offsetof(ThreadState, gate_stack) == THREAD_GATE_STACK);
static_assert(offsetof(ThreadState, xfrm) == THREAD_XFRM);
static_assert(offsetof(ThreadState, xsave_words) == THREAD_XSAVE_WORDS);
static_assert(offsetof(ThreadState, resume) == THREAD_RESUME);
static_assert(offsetof(ThreadState, gate_xsave) == THREAD_GATE_XSAVE);
static_assert(offsetof(ThreadState, resume_xsave) == THREAD_RESUME_XSAVE);

// Gives the calling thread a slot for `enclave`, or changes the enclave of the one it has. The slot is returned when the
// thread ends. ENOMEM, EAGAIN (too many threads), or sigaltstack's errors.
Result<ThreadState*> attach_slot(SoftEnclave& enclave);
// Forgets `enclave`: threads that were attached to it can no longer enter.
void detach_all(const SoftEnclave& enclave);

extern "C" {
// The calling thread's state; nullptr if it was never attached.
extern __thread ThreadState* soft_current __attribute__((tls_model("initial-exec")));
// The arena of all slots, for the signal entries in transitions.S.
extern uint64_t soft_arena_begin;
extern uint64_t soft_arena_size;
}

}  // namespace scone::host::soft
