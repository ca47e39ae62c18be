// Names: making, removing, moving and linking files.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<int> sys_mkdir(AppPtr<const char> path, uint32_t mode);
Result<int> sys_mkdirat(int directory, AppPtr<const char> path, uint32_t mode);
Result<int> sys_mknod(AppPtr<const char> path, uint32_t mode, uint64_t device);
Result<int> sys_mknodat(int directory, AppPtr<const char> path, uint32_t mode, uint64_t device);
Result<int> sys_rmdir(AppPtr<const char> path);
Result<int> sys_unlink(AppPtr<const char> path);
Result<int> sys_unlinkat(int directory, AppPtr<const char> path, int flags);
Result<int> sys_rename(AppPtr<const char> from, AppPtr<const char> to);
Result<int> sys_renameat(int from_directory, AppPtr<const char> from, int to_directory,
                         AppPtr<const char> to);
Result<int> sys_renameat2(int from_directory, AppPtr<const char> from, int to_directory,
                          AppPtr<const char> to, uint32_t flags);
Result<int> sys_link(AppPtr<const char> from, AppPtr<const char> to);
Result<int> sys_linkat(int from_directory, AppPtr<const char> from, int to_directory, AppPtr<const char> to,
                       int flags);
Result<int> sys_symlink(AppPtr<const char> target, AppPtr<const char> path);
Result<int> sys_symlinkat(AppPtr<const char> target, int directory, AppPtr<const char> path);
Result<size_t> sys_readlink(AppPtr<const char> path, AppPtr<char> buffer, int size);
Result<size_t> sys_readlinkat(int directory, AppPtr<const char> path, AppPtr<char> buffer, int size);

}  // namespace scone::syscall
