// What a thread tells the kernel about itself: prctl(2), arch_prctl(2), and the addresses kept per thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<int64_t> sys_prctl(int option, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
Result<void> sys_arch_prctl(int option, uint64_t address);
Result<int> sys_set_tid_address(AppPtr<int> tid);
Result<void> sys_set_robust_list(AppPtr<void> head, size_t size);
Result<void> sys_get_robust_list(int pid, AppPtr<uint64_t> head, AppPtr<size_t> size);
// ENOSYS: a restartable sequence must be aborted when its thread is switched, which a stock libc does not need.
Result<void> sys_rseq(AppPtr<void> area, uint32_t size, int flags, uint32_t signature);

}  // namespace scone::syscall
