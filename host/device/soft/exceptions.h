// Signals that interrupt the enclave: faults become exceptions of the enclave, emulated leaves or page-table fills; others are
// asynchronous exits.
#pragma once

#include <signal.h>

#include "base/result.h"
#include "host/device/enclave_device.h"
#include "host/device/soft/thread_state.h"
#include "host/device/soft/transitions.h"

namespace scone::host::soft {

// Takes over SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP and SIGSYS for the process, once. What does not concern an enclave goes to
// the handlers that were there before.
Result<void> install_fault_handlers();

// See EnclaveDevice::install_async_handler(). EINVAL for a signal of the list above.
Result<void> install_async_handler(int signo, AsyncHandler handler, int flags);

// Completes a stay that an exception ended: `run` is filled and the innermost enter() returns. The AEX is done.
[[noreturn]] void end_stay(ThreadState& thread, const Fault& fault);
// Fills `run` for an exception of `function`.
void report_exception(EnclaveRun& run, uint32_t function, const Fault& fault);

extern "C" {
// From the entries in transitions.S, which have restored the host's segment bases; `thread` is nullptr for a thread that was
// never attached.
void soft_on_fault(int signo, siginfo_t* info, ucontext_t* context, ThreadState* thread, SegmentBases* bases);
struct AsyncFrame;
// Returns nullptr to go on with what was interrupted, or a frame on the host's stack for soft_run_async().
AsyncFrame* soft_on_async(int signo, siginfo_t* info, ucontext_t* context, ThreadState* thread,
                          SegmentBases* bases);
[[noreturn]] void soft_run_async(AsyncFrame* frame);
}

}  // namespace scone::host::soft
