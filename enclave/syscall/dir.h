// Directories: listing them, and the current one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<size_t> sys_getdents64(int fd, AppPtr<void> buffer, uint32_t size);
// Returns the length with its NUL. ERANGE, ENOENT.
Result<size_t> sys_getcwd(AppPtr<char> buffer, size_t size);
Result<int> sys_chdir(AppPtr<const char> path);
Result<int> sys_fchdir(int fd);

}  // namespace scone::syscall
