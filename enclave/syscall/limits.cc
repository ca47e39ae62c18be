#include "enclave/syscall/limits.h"

#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/errno.h>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/process/own_credentials.h"
#include "enclave/process/thread_list.h"

namespace scone::syscall {
namespace {

// <linux/resource.h>.
constexpr int kSelf = 0, kChildren = -1, kThread = 1;

bool sound(const ResourceUsage::Time& time) {
  return time.seconds >= 0 && time.microseconds >= 0 && time.microseconds < 1'000'000;
}

}  // namespace

Result<void> sys_getrlimit(unsigned resource, AppPtr<process::Limit> limit) {
  if (resource >= RLIM_NLIMITS) return Errno(EINVAL);
  return boundary::write_app(limit, process::limit(resource));
}

Result<void> sys_setrlimit(unsigned resource, AppPtr<const process::Limit> limit) {
  return sys_prlimit64(0, resource, limit, {});
}

Result<void> sys_prlimit64(int pid, unsigned resource, AppPtr<const process::Limit> wanted,
                           AppPtr<process::Limit> old) {
  if (resource >= RLIM_NLIMITS) return Errno(EINVAL);
  if (pid != 0 && !process::threads().find(pid)) return Errno(ESRCH);
  process::Limit before = process::limit(resource);
  if (wanted) {
    const process::Limit limit = TRY(boundary::read_app(wanted));
    const bool privileged = process::credentials().capabilities.can(CAP_SYS_RESOURCE);
    before = TRY(process::set_limit(resource, limit, privileged));
  }
  if (old) TRY(boundary::write_app(old, before));
  return ok();
}

Result<void> sys_getrusage(int who, AppPtr<ResourceUsage> usage) {
  if (who != kSelf && who != kChildren && who != kThread) return Errno(EINVAL);
  // User-level threads share host threads: the host cannot tell them apart.
  const int host_who = who == kThread ? kSelf : who;
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof(ResourceUsage)));
  TRY(host_call(__NR_getrusage, static_cast<uint64_t>(host_who), buffer.address()));
  const auto answer = buffer.get<ResourceUsage>(0);
  if (!sound(answer.user) || !sound(answer.system)) boundary::host_violation("getrusage: not a time");
  return boundary::write_app(usage, answer);
}

}  // namespace scone::syscall
