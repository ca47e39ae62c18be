#include "enclave/syscall/sched_calls.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/membarrier.h>
#include <linux/sched.h>
#include <linux/time_types.h>

#include "enclave/process/limits.h"
#include "enclave/process/own_credentials.h"
#include "enclave/process/thread_list.h"
#include "enclave/sched/sched.h"

namespace scone::syscall {
namespace {

constexpr int64_t kRoundRobinNs = 100'000'000;  // the kernel's default interval
constexpr int kLowestNice = 19, kHighestNice = -20;
constexpr int kHighestRealtime = 99;
// <linux/resource.h>.
constexpr int kWhoProcess = 0, kWhoGroup = 1, kWhoUser = 2;
// <linux/ioprio.h>, which older headers lack.
constexpr int kIoWhoProcess = 1, kIoClassShift = 13, kIoLevelMask = 7;
enum IoClass : int { kIoNone = 0, kIoRealtime = 1, kIoBestEffort = 2, kIoIdle = 3 };

// The thread with number `pid`, 0 for the caller. ESRCH.
Result<Ref<sched::Lthread>> find_thread(int pid) {
  if (pid < 0) return Errno(EINVAL);
  Ref<sched::Lthread> thread =
      pid == 0 ? Ref<sched::Lthread>::share(&sched::current()) : process::threads().find(pid);
  if (!thread) return Errno(ESRCH);
  return thread;
}

uint64_t all_processors() { return (uint64_t{1} << entry::this_ethread().ethreads) - 1; }

bool privileged() { return process::credentials().capabilities.can(CAP_SYS_NICE); }

// Ordinary policies, and whether the priority suits them. Real-time ones need what a container does not have.
Result<void> check_policy(int policy, int priority) {
  switch (policy & ~SCHED_RESET_ON_FORK) {
    case SCHED_NORMAL:
    case SCHED_BATCH:
    case SCHED_IDLE:
      return priority == 0 ? ok() : Result<void>(Errno(EINVAL));
    case SCHED_FIFO:
    case SCHED_RR:
      return Errno(priority >= 1 && priority <= kHighestRealtime ? EPERM : EINVAL);
    default:
      return Errno(EINVAL);
  }
}

// Threads to which getpriority(2)'s arguments refer: process numbers mean threads, as on Linux; of groups and users
// only our own has members that we know.
Result<Ref<sched::Lthread>> find_by_priority(int which, int who) {
  if (which == kWhoProcess) return find_thread(who < 0 ? INT32_MAX : who);
  if (which != kWhoGroup && which != kWhoUser) return Errno(EINVAL);
  if (who != 0) return Errno(ESRCH);
  return find_thread(0);
}

}  // namespace

Result<void> sys_sched_yield() {
  sched::yield();
  return ok();
}

Result<void> sys_getcpu(AppPtr<unsigned> processor, AppPtr<unsigned> node, AppPtr<void>) {
  const auto number = static_cast<unsigned>(entry::this_ethread().number);
  if (processor) TRY(boundary::write_app(processor, number));
  if (node) TRY(boundary::write_app(node, 0u));
  return ok();
}

Result<int> sys_sched_getaffinity(int pid, unsigned size, AppPtr<uint64_t> mask) {
  if (size < sizeof(uint64_t) || size % sizeof(uint64_t) != 0) return Errno(EINVAL);
  Ref<sched::Lthread> thread = TRY(find_thread(pid));
  TRY(boundary::write_app(mask, thread->hints.affinity & all_processors()));
  return static_cast<int>(sizeof(uint64_t));
}

Result<void> sys_sched_setaffinity(int pid, unsigned size, AppPtr<const uint64_t> mask) {
  uint64_t wanted = 0;
  TRY(boundary::copy_from_app(&wanted, mask, size < sizeof wanted ? size : sizeof wanted));
  Ref<sched::Lthread> thread = TRY(find_thread(pid));
  if ((wanted & all_processors()) == 0) return Errno(EINVAL);
  thread->hints.affinity = wanted;
  return ok();
}

Result<int> sys_sched_getscheduler(int pid) { return TRY(find_thread(pid))->hints.policy; }

Result<void> sys_sched_setscheduler(int pid, int policy, AppPtr<const int> priority) {
  if (!priority) return Errno(EINVAL);
  const int value = TRY(boundary::read_app(priority));
  Ref<sched::Lthread> thread = TRY(find_thread(pid));
  TRY(check_policy(policy, value));
  thread->hints.policy = policy & ~SCHED_RESET_ON_FORK;
  return ok();
}

Result<void> sys_sched_getparam(int pid, AppPtr<int> priority) {
  if (!priority) return Errno(EINVAL);
  TRY(find_thread(pid));
  return boundary::write_app(priority, 0);
}

Result<void> sys_sched_setparam(int pid, AppPtr<const int> priority) {
  if (!priority) return Errno(EINVAL);
  const int value = TRY(boundary::read_app(priority));
  return check_policy(TRY(find_thread(pid))->hints.policy, value);
}

Result<int> sys_sched_get_priority_max(int policy) {
  if (policy == SCHED_FIFO || policy == SCHED_RR) return kHighestRealtime;
  TRY(check_policy(policy, 0));
  return 0;
}

Result<int> sys_sched_get_priority_min(int policy) {
  if (policy == SCHED_FIFO || policy == SCHED_RR) return 1;
  TRY(check_policy(policy, 0));
  return 0;
}

Result<void> sys_sched_rr_get_interval(int pid, AppPtr<void> interval) {
  TRY(find_thread(pid));
  return boundary::write_app(interval.cast<__kernel_timespec>(), __kernel_timespec{0, kRoundRobinNs});
}

Result<int> sys_getpriority(int which, int who) { return 20 - TRY(find_by_priority(which, who))->hints.nice; }

Result<void> sys_setpriority(int which, int who, int nice) {
  if (nice < kHighestNice) nice = kHighestNice;
  if (nice > kLowestNice) nice = kLowestNice;
  Ref<sched::Lthread> thread = TRY(find_by_priority(which, who));
  const bool allowed = static_cast<uint64_t>(20 - nice) <= process::limit(RLIMIT_NICE).soft || privileged();
  if (nice < thread->hints.nice && !allowed) return Errno(EACCES);
  if (which == kWhoProcess)
    thread->hints.nice = nice;
  else
    process::threads().with_list([=](process::ThreadList::List& threads) {
      for (sched::Lthread& each : threads) each.hints.nice = nice;
    });
  return ok();
}

Result<int> sys_ioprio_get(int which, int who) {
  if (which != kIoWhoProcess) return Errno(EINVAL);
  return static_cast<int>(TRY(find_thread(who))->hints.io_priority);
}

Result<void> sys_ioprio_set(int which, int who, int priority) {
  if (which != kIoWhoProcess) return Errno(EINVAL);
  const int io_class = priority >> kIoClassShift, level = priority & kIoLevelMask;
  if (io_class < kIoNone || io_class > kIoIdle || (io_class == kIoNone && level != 0)) return Errno(EINVAL);
  if (io_class == kIoRealtime && !privileged()) return Errno(EPERM);
  TRY(find_thread(who))->hints.io_priority = static_cast<uint32_t>(priority);
  return ok();
}

Result<int> sys_membarrier(int command, unsigned, int) {
  if (command != MEMBARRIER_CMD_QUERY) return Errno(EINVAL);
  return 0;
}

}  // namespace scone::syscall
