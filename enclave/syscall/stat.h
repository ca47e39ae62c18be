// What is known about files.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

struct stat;
struct statx;
struct statfs;

namespace scone::syscall {

Result<int> sys_stat(AppPtr<const char> path, AppPtr<struct ::stat> result);
Result<int> sys_lstat(AppPtr<const char> path, AppPtr<struct ::stat> result);
Result<int> sys_fstat(int fd, AppPtr<struct ::stat> result);
Result<int> sys_newfstatat(int directory, AppPtr<const char> path, AppPtr<struct ::stat> result, int flags);
Result<int> sys_statx(int directory, AppPtr<const char> path, int flags, uint32_t mask,
                      AppPtr<struct ::statx> result);
Result<int> sys_access(AppPtr<const char> path, int mode);
Result<int> sys_faccessat(int directory, AppPtr<const char> path, int mode);
Result<int> sys_faccessat2(int directory, AppPtr<const char> path, int mode, int flags);
Result<int> sys_statfs(AppPtr<const char> path, AppPtr<struct ::statfs> result);
Result<int> sys_fstatfs(int fd, AppPtr<struct ::statfs> result);

}  // namespace scone::syscall
