// timerfd_create(2).
#pragma once

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

struct __kernel_itimerspec;

namespace scone::syscall {

Result<int> sys_timerfd_create(int clock, int flags);
Result<int> sys_timerfd_settime(int fd, int flags, AppPtr<const __kernel_itimerspec> value,
                                AppPtr<__kernel_itimerspec> previous);
Result<int> sys_timerfd_gettime(int fd, AppPtr<__kernel_itimerspec> value);

}  // namespace scone::syscall
