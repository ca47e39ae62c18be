// Scheduling policies, priorities, affinity: what is set can be read back.
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <initializer_list>

#include "check.h"

CASE(affinity) {
  cpu_set_t all, one;
  CHECK_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  CHECK_ERRNO(sched_setaffinity(0, sizeof one, &one), EINVAL);
  CPU_SET(0, &one);
  CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  CHECK_EQ(sched_getaffinity(0, sizeof one, &one), 0);
  CHECK_EQ(CPU_COUNT(&one), 1);
  CHECK_EQ(sched_setaffinity(0, sizeof all, &all), 0);
  CHECK_EQ(sched_getaffinity(gettid(), sizeof one, &one), 0);
  CHECK(CPU_EQUAL(&one, &all));
  CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 7, &one), EINVAL);
  CHECK_ERRNO(syscall(SYS_sched_getaffinity, 999999, 8, &one), ESRCH);
  CHECK_ERRNO(sched_setaffinity(0, sizeof one, reinterpret_cast<cpu_set_t*>(8)), EFAULT);
}

CASE(policies) {
  sched_param parameter = {};
  CHECK_EQ(sched_setscheduler(0, SCHED_BATCH, &parameter), 0);
  CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
  CHECK_EQ(sched_getparam(0, &parameter), 0);
  CHECK_EQ(parameter.sched_priority, 0);
  CHECK_EQ(sched_setscheduler(0, SCHED_OTHER, &parameter), 0);
  CHECK_ERRNO(sched_setscheduler(0, 99, &parameter), EINVAL);
  CHECK_ERRNO(sched_setscheduler(0, SCHED_OTHER, nullptr), EINVAL);
  CHECK_ERRNO(sched_getscheduler(999999), ESRCH);
  parameter.sched_priority = 1;
  CHECK_ERRNO(sched_setscheduler(0, SCHED_OTHER, &parameter), EINVAL);
  CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
  CHECK_EQ(sched_get_priority_min(SCHED_RR), 1);
  CHECK_ERRNO(sched_get_priority_max(77), EINVAL);
  CHECK_EQ(sched_yield(), 0);
}

CASE(nice_values) {
  CHECK_EQ(setpriority(PRIO_PROCESS, 0, 5), 0);
  CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
  CHECK_EQ(nice(100), 19);
  CHECK_EQ(getpriority(PRIO_PROCESS, getpid()), 19);
  CHECK_ERRNO(getpriority(9, 0), EINVAL);
  CHECK_ERRNO(getpriority(PRIO_PROCESS, 999999), ESRCH);
}

CASE(io_priorities) {
  const int process = 1, best_effort = 2 << 13;
  CHECK_EQ(syscall(SYS_ioprio_set, process, 0, best_effort | 4), 0);
  CHECK_EQ(syscall(SYS_ioprio_get, process, 0), best_effort | 4);
  CHECK_ERRNO(syscall(SYS_ioprio_set, process, 0, 7 << 13), EINVAL);
  CHECK_ERRNO(syscall(SYS_ioprio_set, process, 0, 4), EINVAL);  // a level without a class
}

CASE(resource_use) {
  rusage usage;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD})
    CHECK_EQ(getrusage(static_cast<__rusage_who>(who), &usage), 0);
  CHECK_ERRNO(syscall(SYS_getrusage, 55, &usage), EINVAL);
  CHECK_ERRNO(syscall(SYS_getrusage, RUSAGE_SELF, 8), EFAULT);
}

CASE(descriptor_limit_is_enforced) {
  rlimit limit;
  CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = 64;
  CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  CHECK_EQ(sysconf(_SC_OPEN_MAX), 64);
  CHECK_EQ(dup2(0, 63), 63);
  CHECK_ERRNO(dup2(0, 64), EBADF);
  CHECK_EQ(close(63), 0);
  limit.rlim_cur = limit.rlim_max = 2'000'000'000;
  CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
  CHECK_ERRNO(prlimit(999999, RLIMIT_NOFILE, nullptr, &limit), ESRCH);
}
