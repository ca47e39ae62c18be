// The assembly part of the model: crossing between host and enclave (transitions.S).
#pragma once

#include <cstddef>
#include <cstdint>

#include "host/device/soft/thread_state.h"

namespace scone::host::soft {

// How soft_enter() shall enter. address == 0: ERESUME with thread.resume and thread.resume_xsave.
struct EntryArgs {
  uint64_t ssa_gpr;  // address of the current frame's GPRSGX, for URSP and URBP
  uint64_t address;
  uint64_t fs, gs;
  uint64_t tcs, cssa;
  uint64_t rdi, rsi, rdx, r8, r9;
};
static_assert(offsetof(EntryArgs, address) == ENTRY_ADDRESS && offsetof(EntryArgs, fs) == ENTRY_FS);
static_assert(offsetof(EntryArgs, gs) == ENTRY_GS && offsetof(EntryArgs, tcs) == ENTRY_TCS);
static_assert(offsetof(EntryArgs, cssa) == ENTRY_CSSA && offsetof(EntryArgs, rdi) == ENTRY_RDI);
static_assert(offsetof(EntryArgs, rsi) == ENTRY_RSI && offsetof(EntryArgs, rdx) == ENTRY_RDX);
static_assert(offsetof(EntryArgs, r8) == ENTRY_R8 && offsetof(EntryArgs, r9) == ENTRY_R9);
static_assert(offsetof(sgx::GprSgx, rflags) == GPR_RFLAGS && offsetof(sgx::GprSgx, rip) == GPR_RIP);
static_assert(offsetof(sgx::GprSgx, ursp) == GPR_URSP && offsetof(sgx::GprSgx, urbp) == GPR_URBP);
static_assert(offsetof(sgx::GprSgx, fs_base) == GPR_FS && offsetof(sgx::GprSgx, gs_base) == GPR_GS);
static_assert(offsetof(sgx::GprSgx, r15) == GPR_R15 && offsetof(sgx::GprSgx, rbx) == GPR_RBX);

// FS and GS base of what a signal interrupted; the entry reloads them on the way back.
struct SegmentBases {
  uint64_t fs, gs;
};

struct GateThread {
  uint64_t gs_base;
  ThreadState* thread;
};

extern "C" {
// Enters the enclave. Returns the leaf that ended the stay: EEXIT, or ERESUME after an AEX that soft_leave() completed.
// Host registers that the ABI preserves, MXCSR's and x87's control word are as before.
uint32_t soft_enter(ThreadState* thread, const EntryArgs* args);
// Makes the innermost soft_enter() of this thread return `leaf`. Host FS and GS are loaded already.
[[noreturn]] void soft_leave(ThreadState* thread, uint32_t leaf);
// Loads everything from thread->resume and thread->resume_xsave and continues there.
[[noreturn]] void soft_resume(ThreadState* thread);
// Copies where either side may be enclave memory. Returns 0, or 1 if an access was refused.
uint32_t soft_copy(void* to, const void* from, size_t size);

// Signal entries for sigaction(): they restore the host's segment bases around soft_on_fault() and soft_on_async().
void soft_fault_entry(int, siginfo_t*, void*);
void soft_async_entry(int, siginfo_t*, void*);

// Labels in the code. Only their addresses matter.
extern const char soft_enter_return[];  // where EEXIT goes: the address after EENTER
extern const char soft_aep[];           // the asynchronous exit pointer
extern const char soft_gate[];          // where the gate page jumps
extern const char soft_gate_trap[];     // an ENCLU in place of one that the gate cannot serve
extern const char soft_copy_begin[], soft_copy_end[], soft_copy_refused[];
extern const char soft_text_begin[], soft_text_end[];

extern GateThread soft_gate_threads[GATE_THREADS];
}

}  // namespace scone::host::soft
