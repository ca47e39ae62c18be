// Resource limits (getrlimit(2)), kept in the enclave.
#pragma once

// Not <linux/resource.h>: it defines timeval, which the standard library's headers define as well.
#include <asm/resource.h>

#include <array>
#include <cstdint>

#include "base/result.h"

namespace scone::process {

struct Limit {
  uint64_t soft, hard;  // UINT64_MAX: unlimited
};

// As the kernel's sysctl fs.nr_open: RLIMIT_NOFILE cannot exceed it.
inline constexpr uint64_t kMostDescriptors = 1 << 20;

// A new value for a limit; `privileged`: CAP_SYS_RESOURCE. EINVAL, EPERM.
Result<void> check_limit(unsigned resource, const Limit& old, const Limit& wanted, bool privileged);

// Takes over the runner's limits as the program's initial ones; once, at start, on a thread. EIO, ENOMEM.
Result<void> init_limits();
// Precondition: resource < RLIM_NLIMITS. Any thread.
Limit limit(unsigned resource);
// Sets it and returns the old one; tells those who enforce it. EINVAL, EPERM.
Result<Limit> set_limit(unsigned resource, const Limit& wanted, bool privileged);

}  // namespace scone::process
