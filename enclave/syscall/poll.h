// poll(2), select(2) and their variants.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/process/signal_set.h"

struct pollfd;
struct __kernel_old_timeval;
struct __kernel_timespec;

namespace scone::syscall {

// The last argument of pselect6.
struct MaskArgument {
  uint64_t mask;  // of the program's sigset; 0: none
  uint64_t size;
};

Result<int> sys_poll(AppPtr<pollfd> fds, uint64_t count, int timeout_ms);
Result<int> sys_ppoll(AppPtr<pollfd> fds, uint64_t count, AppPtr<__kernel_timespec> timeout,
                      AppPtr<const process::SignalSet> mask, size_t mask_size);
Result<int> sys_select(int count, AppPtr<uint64_t> in, AppPtr<uint64_t> out, AppPtr<uint64_t> exceptional,
                       AppPtr<__kernel_old_timeval> timeout);
Result<int> sys_pselect6(int count, AppPtr<uint64_t> in, AppPtr<uint64_t> out, AppPtr<uint64_t> exceptional,
                         AppPtr<__kernel_timespec> timeout, AppPtr<const MaskArgument> mask);

}  // namespace scone::syscall
