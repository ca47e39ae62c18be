// Durability, allocation of space, and advice about access.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

// These may block for long.
Result<int> sys_fsync(int fd);
Result<int> sys_fdatasync(int fd);
Result<int> sys_sync();
Result<int> sys_syncfs(int fd);
Result<int> sys_sync_file_range(int fd, int64_t offset, int64_t length, uint32_t flags);
Result<int> sys_fallocate(int fd, int mode, int64_t offset, int64_t length);

Result<int> sys_fadvise64(int fd, int64_t offset, int64_t length, int advice);
Result<int> sys_readahead(int fd, int64_t offset, size_t count);

}  // namespace scone::syscall
