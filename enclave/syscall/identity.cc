#include "enclave/syscall/identity.h"

#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/errno.h>

#include <atomic>

#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/round.h"
#include "enclave/process/own_credentials.h"
#include "enclave/process/thread_list.h"
#include "enclave/sched/clock.h"

namespace scone::syscall {
namespace {

using process::Credentials;
using process::IdSet;

int own_pid() { return static_cast<int>(boundary::start_info().pid); }

// A process number as the host knows it: our own threads are one process there.
int host_pid(int pid) { return pid == own_pid() || process::threads().find(pid) ? 0 : pid; }

// Numbers of processes, groups and sessions that the host returns: 0 stands for one outside our PID namespace.
Result<int> checked_pid(Result<uint64_t> answer) {
  const uint64_t pid = TRY(static_cast<Result<uint64_t>&&>(answer));
  if (pid > INT32_MAX) boundary::host_violation("not a process number");
  return static_cast<int>(pid);
}

// Applies with(ids, privileged) to the user or group ids.
template <typename With>
Result<void> change_users(With with) {
  return process::change_credentials([&](Credentials& credentials) -> Result<void> {
    process::set_users(credentials, TRY(with(credentials.users, credentials.capabilities.can(CAP_SETUID))));
    return ok();
  });
}
template <typename With>
Result<void> change_groups(With with) {
  return process::change_credentials([&](Credentials& credentials) -> Result<void> {
    process::set_groups(credentials, TRY(with(credentials.groups, credentials.capabilities.can(CAP_SETGID))));
    return ok();
  });
}

Result<void> write_ids(const IdSet& ids, AppPtr<uint32_t> real, AppPtr<uint32_t> effective,
                       AppPtr<uint32_t> saved) {
  TRY(boundary::write_app(real, ids.real));
  TRY(boundary::write_app(effective, ids.effective));
  return boundary::write_app(saved, ids.saved);
}

}  // namespace

Result<int> sys_getpid() { return own_pid(); }
Result<int> sys_gettid() { return sched::current().tid(); }
// The parent changes when it ends. As all that the host said that stays true until the next crossing (round.h); who asks on and on without
// one sees the change within a millisecond.
Result<int> sys_getppid() {
  static std::atomic<uint64_t> known{0};  // the world's age << 32 | the parent; 0: none
  static std::atomic<uint64_t> asked_ns{0};
  constexpr uint64_t kLongestNs = 1'000'000;
  const uint64_t age = boundary::world_age() << 32, last = known.load(std::memory_order_acquire);
  if (last != 0 && last >> 32 << 32 == age &&
      sched::now_ns() - asked_ns.load(std::memory_order_relaxed) < kLongestNs)
    return static_cast<int>(static_cast<uint32_t>(last));
  const bool alone = boundary::batching() && !boundary::calls_wait_for_company();
  const int parent = TRY(checked_pid(alone ? host_call_now(__NR_getppid) : host_call(__NR_getppid)));
  if (alone && boundary::nothing_since_own_crossing()) {
    asked_ns.store(sched::now_ns(), std::memory_order_relaxed);
    known.store(boundary::world_age() << 32 | static_cast<uint32_t>(parent), std::memory_order_release);
  }
  return parent;
}

Result<int> sys_getpgrp() { return sys_getpgid(0); }
Result<int> sys_getpgid(int pid) {
  return checked_pid(host_call(__NR_getpgid, static_cast<uint64_t>(host_pid(pid))));
}
Result<void> sys_setpgid(int pid, int group) {
  if (group < 0) return Errno(EINVAL);
  TRY(host_call(__NR_setpgid, static_cast<uint64_t>(host_pid(pid)), static_cast<uint64_t>(group)));
  return ok();
}
Result<int> sys_getsid(int pid) {
  return checked_pid(host_call(__NR_getsid, static_cast<uint64_t>(host_pid(pid))));
}
Result<int> sys_setsid() { return checked_pid(host_call(__NR_setsid)); }

Result<int64_t> sys_getuid() { return process::credentials().users.real; }
Result<int64_t> sys_geteuid() { return process::credentials().users.effective; }
Result<int64_t> sys_getgid() { return process::credentials().groups.real; }
Result<int64_t> sys_getegid() { return process::credentials().groups.effective; }

Result<void> sys_getresuid(AppPtr<uint32_t> real, AppPtr<uint32_t> effective, AppPtr<uint32_t> saved) {
  return write_ids(process::credentials().users, real, effective, saved);
}
Result<void> sys_getresgid(AppPtr<uint32_t> real, AppPtr<uint32_t> effective, AppPtr<uint32_t> saved) {
  return write_ids(process::credentials().groups, real, effective, saved);
}

Result<void> sys_setuid(uint32_t id) {
  return change_users(
      [=](const IdSet& ids, bool privileged) { return process::with_id(ids, id, privileged); });
}
Result<void> sys_setgid(uint32_t id) {
  return change_groups(
      [=](const IdSet& ids, bool privileged) { return process::with_id(ids, id, privileged); });
}
Result<void> sys_setreuid(uint32_t real, uint32_t effective) {
  return change_users([=](const IdSet& ids, bool privileged) {
    return process::with_real_effective(ids, real, effective, privileged);
  });
}
Result<void> sys_setregid(uint32_t real, uint32_t effective) {
  return change_groups([=](const IdSet& ids, bool privileged) {
    return process::with_real_effective(ids, real, effective, privileged);
  });
}
Result<void> sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved) {
  return change_users([=](const IdSet& ids, bool privileged) {
    return process::with_all(ids, real, effective, saved, privileged);
  });
}
Result<void> sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved) {
  return change_groups([=](const IdSet& ids, bool privileged) {
    return process::with_all(ids, real, effective, saved, privileged);
  });
}

Result<int64_t> sys_setfsuid(uint32_t id) {
  return process::change_credentials([=](Credentials& credentials) -> int64_t {
    const uint32_t old = credentials.users.filesystem;
    process::set_users(credentials, process::with_filesystem(credentials.users, id,
                                                             credentials.capabilities.can(CAP_SETUID)));
    return old;
  });
}
Result<int64_t> sys_setfsgid(uint32_t id) {
  return process::change_credentials([=](Credentials& credentials) -> int64_t {
    const uint32_t old = credentials.groups.filesystem;
    process::set_groups(credentials, process::with_filesystem(credentials.groups, id,
                                                              credentials.capabilities.can(CAP_SETGID)));
    return old;
  });
}

Result<int> sys_getgroups(int size, AppPtr<uint32_t> groups) {
  const Credentials credentials = process::credentials();
  const process::GroupList* list = credentials.supplementary.get();
  const int count = list ? static_cast<int>(list->count()) : 0;
  if (size < 0) return Errno(EINVAL);
  if (size == 0 || count == 0) return count;
  if (size < count) return Errno(EINVAL);
  TRY(boundary::copy_to_app(groups, list->data(), list->count() * sizeof(uint32_t)));
  return count;
}

Result<void> sys_setgroups(int size, AppPtr<const uint32_t> groups) {
  if (!process::credentials().capabilities.can(CAP_SETGID)) return Errno(EPERM);
  if (size < 0) return Errno(EINVAL);
  Ref<process::GroupList> list = TRY(process::GroupList::create(static_cast<size_t>(size)));
  TRY(boundary::copy_from_app(list->data(), groups, list->count() * sizeof(uint32_t)));
  // `list` then holds the old groups and frees them when no lock is held.
  process::change_credentials([&](Credentials& credentials) { std::swap(credentials.supplementary, list); });
  return ok();
}

}  // namespace scone::syscall
