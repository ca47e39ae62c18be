// Resource limits and resource use.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/process/limits.h"

namespace scone::syscall {

// struct rusage: two times of seconds and microseconds, the largest resident size in KiB, and 13 counters.
struct ResourceUsage {
  struct Time {
    int64_t seconds, microseconds;
  };
  Time user, system;
  int64_t max_resident_kib;
  int64_t counters[13];
};
static_assert(sizeof(ResourceUsage) == 144);

// struct rlimit and rlimit64 are process::Limit.
Result<void> sys_getrlimit(unsigned resource, AppPtr<process::Limit> limit);
Result<void> sys_setrlimit(unsigned resource, AppPtr<const process::Limit> limit);
Result<void> sys_prlimit64(int pid, unsigned resource, AppPtr<const process::Limit> wanted,
                           AppPtr<process::Limit> old);
Result<void> sys_getrusage(int who, AppPtr<ResourceUsage> usage);

}  // namespace scone::syscall
