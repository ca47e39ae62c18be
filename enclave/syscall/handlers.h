// Declarations of all system-call handlers, by family. Signatures follow the man pages (section 2); the file that
// defines a family is named in its comment.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

// BEGIN families; each owned by enclave/syscall/<name>.cc
// END families

}  // namespace scone::syscall
