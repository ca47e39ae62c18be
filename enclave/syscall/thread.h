// Threads: clone(2), clone3(2), exit(2), exit_group(2).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<int> sys_clone(uint64_t flags, uint64_t stack, AppPtr<int> parent_tid, AppPtr<int> child_tid, uint64_t tls);
Result<int> sys_clone3(AppPtr<const void> arguments, size_t size);
Result<void> sys_exit(int status);        // does not return
Result<void> sys_exit_group(int status);  // does not return

}  // namespace scone::syscall
