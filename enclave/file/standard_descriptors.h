// Descriptors 0, 1 and 2 as the runner inherited them.
#pragma once

#include "base/result.h"

namespace scone::file {

// Installs them under the same numbers in the process's table; those that are closed stay closed. Once, at start, on a thread.
// Other processes share their descriptions: their flags are never changed, their positions move with ours, and none
// of them blocks an ethread. ENOMEM.
Result<void> install_standard_descriptors();

}  // namespace scone::file
