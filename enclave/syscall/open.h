// Opening files and making file descriptors of other things that the host holds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<int> sys_open(AppPtr<const char> path, int flags, uint32_t mode);
Result<int> sys_creat(AppPtr<const char> path, uint32_t mode);
Result<int> sys_openat(int directory, AppPtr<const char> path, int flags, uint32_t mode);
Result<int> sys_memfd_create(AppPtr<const char> name, uint32_t flags);
Result<int> sys_inotify_init();
Result<int> sys_inotify_init1(int flags);
// Watches see what happens on the host, to paths that the host knows.
Result<int> sys_inotify_add_watch(int fd, AppPtr<const char> path, uint32_t mask);
Result<int> sys_inotify_rm_watch(int fd, int watch);

}  // namespace scone::syscall
