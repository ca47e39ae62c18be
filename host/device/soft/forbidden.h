// What an enclave must not execute (SDM vol. 3D, "Illegal Instructions"): keeping it from the kernel, or turning it into #UD.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <cstdint>

#include "base/result.h"
#include "host/device/soft/enclave.h"

namespace scone::host::soft {

// For the calling thread: SYSCALL and INT 0x80 below the end of ELRANGE raise SIGSYS, and SYSENTER does where it can be told from
// the host's calls (see forbidden.cc). ENOTSUP if the kernel has no syscall user dispatch (Linux 5.11).
Result<void> dispatch_system_calls(const SoftEnclave& enclave);

// If a SIGSYS is of host code beyond the dispatcher's range: makes the call for it and returns true.
bool make_host_call(const siginfo_t& info, ucontext_t& context);

// For the calling thread: CPUID raises #GP. No effect where the processor cannot do that; then CPUID works inside.
void forbid_cpuid();

// Whether the instruction at `rip`, which raised #GP, is one that raises #UD inside an enclave.
bool undefined_inside(uint64_t rip);

// If host code stumbled over forbid_cpuid(): does the CPUID for it and returns true.
bool emulate_host_cpuid(ucontext_t& context);

}  // namespace scone::host::soft
