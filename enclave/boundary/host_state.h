// What the host told at start, copied and validated, and the way out of the enclave.
#pragma once

#include <cstdint>

#include "abi/border.h"
#include "base/result.h"
#include "enclave/boundary/host_ptr.h"
#include "enclave/entry/ethread.h"

namespace scone::boundary {

// Copies StartInfo at `address` and checks every field; first ethread only. A bad one stops the enclave.
void init_host_state(uint64_t address);
// This ethread's own area becomes usable. After init_host_state().
void attach_ethread(entry::Ethread& ethread);

// The validated copy.
const abi::StartInfo& start_info();
HostPtr<abi::SharedArea> shared_area();
HostPtr<abi::EthreadArea> area_of(entry::Ethread& ethread);

// Whether calls and news travel with a crossing (round.h), or it is the runner's alone and tells nothing of the world outside.
enum class Carries : bool { kNothing, kRound };

// Leaves the enclave for `reason`, details being in the area; returns when the host enters again. Vector state and
// FS of the current thread survive.
void leave(abi::ExitReason reason, Carries carries = Carries::kRound);
// A request to the runner itself. The answer is unchecked.
int64_t runner_call(abi::RunnerCall call, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0);

// For exception context: the runtime itself faulted. Makes the coming EEXIT mean "abort" instead of "resume".
void report_runtime_fault(uint64_t vector, uint64_t image_offset, uint64_t address);

// Ends the process with a wait(2) status. Other ethreads are stopped by the host.
[[noreturn]] void leave_for_good(abi::ExitReason reason, uint64_t wait_status);

// True once the process is ending: ethreads must not run program code any more.
bool ending();

}  // namespace scone::boundary
