// The end of the process.
#pragma once

#include "host/runner/process.h"

namespace scone::host {

// Ends the process as the program ended: wait(2) status, i.e. code << 8 or a signal number. The first caller wins.
[[noreturn]] void end_process(Process& process, uint64_t wait_status);
// Says where the enclave's runtime faulted, if that is why it stopped.
void report_abort(const abi::EthreadArea& area);

}  // namespace scone::host
