#include "enclave/process/default_action.h"

#include "enclave/boundary/host_state.h"
#include "enclave/process/exit.h"
#include "enclave/shield/console.h"

namespace scone::process {

void perform_default(Disposition disposition, int signal) {
  if (disposition == Disposition::kTerminate) terminate(signal);
  // Stopping is something the parent (a shell with job control) must see: the host process stops itself, and all ethreads with
  // it. A host that does not obey merely lets the program run on.
  if (disposition != Disposition::kStop) return;
  // As in an orphaned process group (setpgid(2)): only SIGSTOP stops it.
  if (signal != kSigStop && shield::has_shielded_terminal()) return;
  (void)boundary::runner_call(abi::RunnerCall::kStopProcess, static_cast<uint64_t>(signal));
}

}  // namespace scone::process
