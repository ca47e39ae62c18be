// Scheduling as the program may ask for it. There are as many processors as ethreads; what concerns the order of threads is
// remembered and reported (process/scheduling_hints.h), not followed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

Result<void> sys_sched_yield();
Result<void> sys_getcpu(AppPtr<unsigned> processor, AppPtr<unsigned> node, AppPtr<void> unused);
// The mask's size in bytes is a multiple of 8.
Result<int> sys_sched_getaffinity(int pid, unsigned size, AppPtr<uint64_t> mask);
Result<void> sys_sched_setaffinity(int pid, unsigned size, AppPtr<const uint64_t> mask);

Result<int> sys_sched_getscheduler(int pid);
Result<void> sys_sched_setscheduler(int pid, int policy, AppPtr<const int> priority);
Result<void> sys_sched_getparam(int pid, AppPtr<int> priority);
Result<void> sys_sched_setparam(int pid, AppPtr<const int> priority);
Result<int> sys_sched_get_priority_max(int policy);
Result<int> sys_sched_get_priority_min(int policy);
Result<void> sys_sched_rr_get_interval(int pid, AppPtr<void> interval);

Result<int> sys_getpriority(int which, int who);  // 20 - nice
Result<void> sys_setpriority(int which, int who, int nice);
Result<int> sys_ioprio_get(int which, int who);
Result<void> sys_ioprio_set(int which, int who, int priority);

// Offers no command: a barrier on other processors would be the host's promise. Callers fall back.
Result<int> sys_membarrier(int command, unsigned flags, int processor);

}  // namespace scone::syscall
