// ioctl(2) on a forwarded file.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/file/host_descriptor.h"

namespace scone::file {

// Carries the argument across as the table of known requests says (ioctl_table.h); ENOTTY for all others. `argument` is the
// program's. EFAULT, and what the device answers.
Result<uint64_t> host_ioctl(HostDescriptor& descriptor, uint32_t request, uint64_t argument);

}  // namespace scone::file
