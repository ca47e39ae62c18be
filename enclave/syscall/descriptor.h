// Descriptor numbers, their flags, and locks on files.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<int> sys_close(int fd);
Result<int> sys_close_range(uint32_t first, uint32_t last, uint32_t flags);
Result<int> sys_dup(int fd);
Result<int> sys_dup2(int fd, int to);
Result<int> sys_dup3(int fd, int to, int flags);
Result<uint64_t> sys_fcntl(int fd, int command, uint64_t argument);
// Blocks without LOCK_NB; kRestartSys.
Result<int> sys_flock(int fd, int operation);

}  // namespace scone::syscall
