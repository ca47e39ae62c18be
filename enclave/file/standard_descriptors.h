// The descriptors that the runner inherited.
#pragma once

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"

namespace scone::file {

// Installs them under the same numbers in the process's table: 0, 1, 2 (those that are closed stay closed), and what a shell
// passes on besides (exec 3<file, process substitution). Once, at start, on a thread. Other processes share their
// descriptions: their flags are never changed, their positions move with ours, and none of them blocks an ethread. ENOMEM.
Result<void> install_standard_descriptors();

// One of them (0, 1, 2) without installing it, for who puts something in front of it. EBADF: it is closed; ENOMEM.
Result<Ref<File>> open_standard_descriptor(int number);

}  // namespace scone::file
