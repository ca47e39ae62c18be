// The limits of this process.
#include <asm/unistd.h>
#include <linux/errno.h>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/process/limits.h"
#include "enclave/sched/lock.h"

namespace scone::process {
namespace {

constinit sched::SpinLock g_lock{sched::LockRank::kObject};
constinit std::array<Limit, RLIM_NLIMITS> g_limits{};  // guarded by g_lock

// Precondition: g_lock is not held.
void enforce(unsigned resource, const Limit& limit) {
  if (resource != RLIMIT_NOFILE) return;
  file::fd_table().set_limit(
      static_cast<uint32_t>(limit.soft < kMostDescriptors ? limit.soft : kMostDescriptors));
}

void store(unsigned resource, const Limit& limit) {
  {
    sched::SpinGuard guard(g_lock);
    g_limits[resource] = limit;
  }
  enforce(resource, limit);
}

// The runner needs descriptors that the program does not count: its own, and those that mappings keep open. What cannot be had
// shows when there are too many open files.
void raise_host_descriptors(HostBuffer& buffer, uint64_t hard) {
  buffer.put(0, Limit{hard, hard});
  (void)host_call(__NR_prlimit64, 0, RLIMIT_NOFILE, buffer.address(), 0).ok();
}

}  // namespace

Result<void> init_limits() {
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof(Limit)));
  for (unsigned resource = 0; resource < RLIM_NLIMITS; ++resource) {
    TRY(host_call(__NR_prlimit64, 0, resource, 0, buffer.address()));
    auto limit = buffer.get<Limit>(0);
    if (limit.soft > limit.hard) boundary::host_violation("prlimit64: soft limit above the hard one");
    if (resource == RLIMIT_NOFILE) raise_host_descriptors(buffer, limit.hard);
    if (resource == RLIMIT_NOFILE && limit.hard > kMostDescriptors) limit.hard = kMostDescriptors;
    if (limit.soft > limit.hard) limit.soft = limit.hard;
    store(resource, limit);
  }
  return ok();
}

Limit limit(unsigned resource) {
  sched::SpinGuard guard(g_lock);
  return g_limits[resource];
}

Result<Limit> set_limit(unsigned resource, const Limit& wanted, bool privileged) {
  if (resource >= RLIM_NLIMITS) return Errno(EINVAL);
  const Limit old = limit(resource);
  TRY(check_limit(resource, old, wanted, privileged));
  store(resource, wanted);
  return old;
}

}  // namespace scone::process
