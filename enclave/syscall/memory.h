// Memory: mmap(2) and its relatives.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<uint64_t> sys_mmap(uint64_t address, size_t length, int prot, int flags, int fd, uint64_t offset);
Result<void> sys_munmap(uint64_t address, size_t length);
Result<void> sys_mprotect(uint64_t address, size_t length, int prot);
Result<uint64_t> sys_mremap(uint64_t address, size_t old_length, size_t new_length, int flags, uint64_t new_address);
Result<void> sys_madvise(uint64_t address, size_t length, int advice);
Result<void> sys_msync(uint64_t address, size_t length, int flags);
Result<void> sys_mincore(uint64_t address, size_t length, AppPtr<uint8_t> resident);
Result<uint64_t> sys_brk(uint64_t address);
// Enclave memory is never swapped in the clear; the calls succeed as for a privileged process.
Result<void> sys_mlock(uint64_t address, size_t length);
Result<void> sys_munlock(uint64_t address, size_t length);
Result<void> sys_mlock2(uint64_t address, size_t length, int flags);
Result<void> sys_mlockall(int flags);
Result<void> sys_munlockall();

}  // namespace scone::syscall
