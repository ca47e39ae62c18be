// pipe(2).
#pragma once

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<int> sys_pipe(AppPtr<int> fds);
Result<int> sys_pipe2(AppPtr<int> fds, int flags);

}  // namespace scone::syscall
