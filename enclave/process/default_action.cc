#include "enclave/process/default_action.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_call.h"
#include "enclave/process/exit.h"
#include "enclave/process/own_ids.h"

namespace scone::process {

void perform_default(Disposition disposition, int signal) {
  if (disposition == Disposition::kTerminate) terminate(signal);
  // Stopping is something the parent (a shell with job control) must see: the host process stops itself, and all ethreads with
  // it. A host that does not obey merely lets the program run on.
  if (disposition == Disposition::kStop)
    (void)host_call(__NR_kill, static_cast<uint64_t>(own_pid()), kSigStop).ok();
}

}  // namespace scone::process
