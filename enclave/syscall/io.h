// Reading, writing, seeking.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<size_t> sys_read(int fd, AppPtr<void> buffer, size_t count);
Result<size_t> sys_write(int fd, AppPtr<const void> buffer, size_t count);
Result<size_t> sys_pread64(int fd, AppPtr<void> buffer, size_t count, int64_t offset);
Result<size_t> sys_pwrite64(int fd, AppPtr<const void> buffer, size_t count, int64_t offset);
Result<size_t> sys_readv(int fd, AppPtr<const void> vector, size_t count);
Result<size_t> sys_writev(int fd, AppPtr<const void> vector, size_t count);
// The offset's upper half means nothing on 64-bit machines.
Result<size_t> sys_preadv(int fd, AppPtr<const void> vector, size_t count, int64_t offset, uint64_t);
Result<size_t> sys_pwritev(int fd, AppPtr<const void> vector, size_t count, int64_t offset, uint64_t);
// Offset -1: the file's position. flags: EOPNOTSUPP but for 0 and RWF_HIPRI, a hint.
Result<size_t> sys_preadv2(int fd, AppPtr<const void> vector, size_t count, int64_t offset, uint64_t,
                           int flags);
Result<size_t> sys_pwritev2(int fd, AppPtr<const void> vector, size_t count, int64_t offset, uint64_t,
                            int flags);
Result<uint64_t> sys_lseek(int fd, int64_t offset, int whence);

}  // namespace scone::syscall
