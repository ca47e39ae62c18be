// The runner's signal handlers: signals from outside go to the enclave, the tick keeps spinning programs from starving others.
#pragma once

#include "base/result.h"
#include "host/runner/process.h"

namespace scone::host {

// Catches every signal that can be caught and that neither the device nor the terminal's job control needs. Once.
Result<void> install_signal_handlers(Process& process);
// Stops the process as `signal` (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU) does to one without handlers, that is, perhaps not at all
// (setpgid(2), orphaned process groups). Returns 0 when it was continued; -EINVAL for another signal.
int64_t stop_process(uint64_t signal);
// Starts the calling ethread's tick: a signal per 4 ms of processor time, none while it sleeps.
void start_tick();

}  // namespace scone::host
