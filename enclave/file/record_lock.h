// Record locks (fcntl(2)): kept by the host, since other processes take part.
#pragma once

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/file/file.h"

namespace scone::file {

// F_GETLK, F_SETLK, F_SETLKW and their F_OFD_… relatives, on the program's struct flock. F_SETLKW blocks: kRestartSys.
// EINVAL: not a file of the host.
Result<void> record_lock(File& file, int command, AppPtr<void> argument);

}  // namespace scone::file
