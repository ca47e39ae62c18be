// The end of the process.
#pragma once

namespace scone::process {

// Ends the process with a wait(2) status: exit code << 8, or the number of the signal that killed it.
[[noreturn]] void terminate(int wait_status);

}  // namespace scone::process
