// A host thread that carries an ethread.
#pragma once

#include "host/runner/process.h"

namespace scone::host {

// Enters ethread `number` on the calling thread and serves its exits until the process ends.
[[noreturn]] void run_ethread(Process& process, unsigned number);

// From an asynchronous signal's handler: if it interrupted the enclave, lets the enclave look at time, signals and other work.
void tick(Process& process, void* ucontext);

}  // namespace scone::host
