// getrandom(2).
#pragma once

#include <cstddef>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

// From the processor; never blocks.
Result<size_t> sys_getrandom(AppPtr<void> buffer, size_t size, unsigned flags);

}  // namespace scone::syscall
