// Changing what is known about files: permissions, owners, times, sizes.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

// The kernel's structs of 64-bit machines.
struct TimeSpec {
  int64_t seconds, nanoseconds;
};
struct TimeVal {
  int64_t seconds, microseconds;
};
struct UtimeBuffer {
  int64_t access, modification;
};

Result<int> sys_chmod(AppPtr<const char> path, uint32_t mode);
Result<int> sys_fchmod(int fd, uint32_t mode);
Result<int> sys_fchmodat(int directory, AppPtr<const char> path, uint32_t mode);
Result<int> sys_chown(AppPtr<const char> path, uint32_t user, uint32_t group);
Result<int> sys_lchown(AppPtr<const char> path, uint32_t user, uint32_t group);
Result<int> sys_fchown(int fd, uint32_t user, uint32_t group);
Result<int> sys_fchownat(int directory, AppPtr<const char> path, uint32_t user, uint32_t group, int flags);
Result<int> sys_utime(AppPtr<const char> path, AppPtr<const UtimeBuffer> times);
Result<int> sys_utimes(AppPtr<const char> path, AppPtr<const TimeVal> times);
Result<int> sys_futimesat(int directory, AppPtr<const char> path, AppPtr<const TimeVal> times);
// A null path means the descriptor itself.
Result<int> sys_utimensat(int directory, AppPtr<const char> path, AppPtr<const TimeSpec> times, int flags);
Result<int> sys_truncate(AppPtr<const char> path, int64_t size);
Result<int> sys_ftruncate(int fd, int64_t size);
Result<uint32_t> sys_umask(uint32_t mask);

}  // namespace scone::syscall
