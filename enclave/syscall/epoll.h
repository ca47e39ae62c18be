// epoll(7).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/process/signal_set.h"

struct epoll_event;
struct __kernel_timespec;

namespace scone::syscall {

Result<int> sys_epoll_create(int size);
Result<int> sys_epoll_create1(int flags);
Result<int> sys_epoll_ctl(int epoll_fd, int operation, int fd, AppPtr<const epoll_event> event);
Result<int> sys_epoll_wait(int epoll_fd, AppPtr<epoll_event> events, int limit, int timeout_ms);
Result<int> sys_epoll_pwait(int epoll_fd, AppPtr<epoll_event> events, int limit, int timeout_ms,
                            AppPtr<const process::SignalSet> mask, size_t mask_size);
Result<int> sys_epoll_pwait2(int epoll_fd, AppPtr<epoll_event> events, int limit,
                             AppPtr<const __kernel_timespec> timeout, AppPtr<const process::SignalSet> mask,
                             size_t mask_size);

}  // namespace scone::syscall
