// Extended attributes (xattr(7)), of files that the host holds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<int> sys_setxattr(AppPtr<const char> path, AppPtr<const char> name, AppPtr<const void> value,
                         size_t size, int flags);
Result<int> sys_lsetxattr(AppPtr<const char> path, AppPtr<const char> name, AppPtr<const void> value,
                          size_t size, int flags);
Result<int> sys_fsetxattr(int fd, AppPtr<const char> name, AppPtr<const void> value, size_t size, int flags);
// Size 0 asks for the size.
Result<size_t> sys_getxattr(AppPtr<const char> path, AppPtr<const char> name, AppPtr<void> value,
                            size_t size);
Result<size_t> sys_lgetxattr(AppPtr<const char> path, AppPtr<const char> name, AppPtr<void> value,
                             size_t size);
Result<size_t> sys_fgetxattr(int fd, AppPtr<const char> name, AppPtr<void> value, size_t size);
Result<size_t> sys_listxattr(AppPtr<const char> path, AppPtr<char> list, size_t size);
Result<size_t> sys_llistxattr(AppPtr<const char> path, AppPtr<char> list, size_t size);
Result<size_t> sys_flistxattr(int fd, AppPtr<char> list, size_t size);
Result<int> sys_removexattr(AppPtr<const char> path, AppPtr<const char> name);
Result<int> sys_lremovexattr(AppPtr<const char> path, AppPtr<const char> name);
Result<int> sys_fremovexattr(int fd, AppPtr<const char> name);

}  // namespace scone::syscall
