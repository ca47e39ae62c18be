#include "enclave/syscall/prctl.h"

#include <asm/prctl.h>
#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/prctl.h>

#include <atomic>

#include "enclave/boundary/host_call.h"
#include "enclave/entry/fs_base.h"
#include "enclave/process/own_credentials.h"
#include "enclave/process/signal_set.h"
#include "enclave/process/thread_list.h"
#include "enclave/runtime/memory.h"

namespace scone::syscall {
namespace {

using process::Credentials;

constexpr uint64_t kMaxAddress = (uint64_t{1} << 47) - 4096;  // TASK_SIZE_MAX
constexpr size_t kRobustListSize = 24;                        // struct robust_list_head
constexpr uint64_t kDefaultSlackNs = 50'000;
constexpr size_t kNameSize = sizeof sched::Lthread::name;

// Remembered for PR_GET_…; without effect inside.
constinit std::atomic<bool> g_subreaper{false};
constinit std::atomic<bool> g_no_huge_pages{false};

Result<int64_t> set_name(AppPtr<const char> from) {
  char name[kNameSize] = {};
  // Longer names are cut. Byte by byte: the string may end right before an unmapped page.
  for (size_t i = 0; i + 1 < kNameSize; ++i)
    if ((name[i] = TRY(boundary::read_app(from + i))) == '\0') break;
  memcpy(sched::current().name, name, kNameSize);
  return 0;
}

Result<int64_t> get_name(AppPtr<char> to) {
  TRY(boundary::copy_to_app(to, sched::current().name, kNameSize));
  return 0;
}

// The host sends the signal: it is the one who sees the parent end.
Result<int64_t> set_parent_death_signal(uint64_t signal) {
  if (signal > process::kSigMax) return Errno(EINVAL);
  TRY(host_call(__NR_prctl, PR_SET_PDEATHSIG, signal));
  process::change_credentials(
      [=](Credentials& credentials) { credentials.parent_death_signal = static_cast<int>(signal); });
  return 0;
}

Result<int64_t> set_timer_slack(uint64_t ns) {
  // Zero or, as a long, a negative number: the default.
  sched::current().hints.timer_slack_ns = static_cast<int64_t>(ns) <= 0 ? kDefaultSlackNs : ns;
  return 0;
}

Result<int64_t> set_secure_bits(uint64_t bits) {
  constexpr uint64_t kKnown = 0xff;
  return process::change_credentials([=](Credentials& credentials) -> Result<int64_t> {
    // The odd bits lock the even ones below them, and themselves.
    const uint64_t old = credentials.secure_bits, locks = old & 0xaa;
    const uint64_t locked = locks | locks >> 1;
    if (bits & ~kKnown || (old ^ bits) & locked) return Errno(EPERM);
    if (!credentials.capabilities.can(CAP_SETPCAP)) return Errno(EPERM);
    credentials.secure_bits = static_cast<uint32_t>(bits);
    return 0;
  });
}

Result<int64_t> set_keep_capabilities(uint64_t value) {
  if (value > 1) return Errno(EINVAL);
  return process::change_credentials([=](Credentials& credentials) -> Result<int64_t> {
    if (credentials.secure_bits & process::kSecureKeepCaps << 1) return Errno(EPERM);
    credentials.secure_bits &= ~process::kSecureKeepCaps;
    if (value) credentials.secure_bits |= process::kSecureKeepCaps;
    return 0;
  });
}

Result<int64_t> drop_bounding(uint64_t capability) {
  return process::change_credentials([=](Credentials& credentials) -> Result<int64_t> {
    if (!credentials.capabilities.can(CAP_SETPCAP)) return Errno(EPERM);
    if (capability >= process::kCapabilities) return Errno(EINVAL);
    credentials.capabilities.bounding &= ~(uint64_t{1} << capability);
    return 0;
  });
}

Result<int64_t> change_ambient(uint64_t operation, uint64_t capability) {
  if (operation != PR_CAP_AMBIENT_CLEAR_ALL && capability >= process::kCapabilities) return Errno(EINVAL);
  const uint64_t bit = uint64_t{1} << (capability & 63);
  return process::change_credentials([=](Credentials& credentials) -> Result<int64_t> {
    process::Capabilities& sets = credentials.capabilities;
    switch (operation) {
      case PR_CAP_AMBIENT_CLEAR_ALL:
        sets.ambient = 0;
        return 0;
      case PR_CAP_AMBIENT_IS_SET:
        return sets.ambient & bit ? 1 : 0;
      case PR_CAP_AMBIENT_RAISE:
        if (!(sets.permitted & sets.inheritable & bit)) return Errno(EPERM);
        sets.ambient |= bit;
        return 0;
      case PR_CAP_AMBIENT_LOWER:
        sets.ambient &= ~bit;
        return 0;
      default:
        return Errno(EINVAL);
    }
  });
}

Result<int64_t> set_no_new_privileges(uint64_t value, uint64_t b, uint64_t c, uint64_t d) {
  if (value != 1 || b || c || d) return Errno(EINVAL);
  process::change_credentials([](Credentials& credentials) { credentials.no_new_privileges = true; });
  return 0;
}

Result<int64_t> set_dumpable(uint64_t value) {
  if (value > 1) return Errno(EINVAL);
  process::change_credentials([=](Credentials& credentials) { credentials.dumpable = value == 1; });
  return 0;
}

// For options that store an int at an address.
Result<int64_t> give(uint64_t address, int value) {
  TRY(boundary::write_app(AppPtr<int>(address), value));
  return 0;
}

Result<int64_t> prctl_get(int option, uint64_t a) {
  const Credentials credentials = process::credentials();
  switch (option) {
    case PR_GET_PDEATHSIG:
      return give(a, credentials.parent_death_signal);
    case PR_GET_DUMPABLE:
      return credentials.dumpable;
    case PR_GET_KEEPCAPS:
      return credentials.secure_bits & process::kSecureKeepCaps ? 1 : 0;
    case PR_GET_SECUREBITS:
      return credentials.secure_bits;
    case PR_GET_NO_NEW_PRIVS:
      return credentials.no_new_privileges;
    case PR_CAPBSET_READ:
      if (a >= process::kCapabilities) return Errno(EINVAL);
      return credentials.capabilities.bounding >> a & 1;
    case PR_GET_TIMERSLACK:
      return static_cast<int64_t>(sched::current().hints.timer_slack_ns);
    case PR_GET_CHILD_SUBREAPER:
      return give(a, g_subreaper.load());
    case PR_GET_THP_DISABLE:
      return g_no_huge_pages.load();
    case PR_GET_TSC:
      return give(a, PR_TSC_ENABLE);
    case PR_GET_TIMING:
      return PR_TIMING_STATISTICAL;
    case PR_GET_SECCOMP:
      return 0;
    case PR_GET_TID_ADDRESS:
      TRY(boundary::write_app(AppPtr<uint64_t>(a), sched::current().clear_child_tid));
      return 0;
    default:
      return Errno(EINVAL);
  }
}

Result<void> set_fs_base(uint64_t address) {
  if (address >= kMaxAddress) return Errno(EPERM);
  entry::write_fs_base(address);
  return ok();
}

}  // namespace

Result<int64_t> sys_prctl(int option, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  switch (option) {
    case PR_SET_NAME:
      return set_name(AppPtr<const char>(a));
    case PR_GET_NAME:
      return get_name(AppPtr<char>(a));
    case PR_SET_PDEATHSIG:
      return set_parent_death_signal(a);
    case PR_SET_DUMPABLE:
      return set_dumpable(a);
    case PR_SET_KEEPCAPS:
      return set_keep_capabilities(a);
    case PR_SET_SECUREBITS:
      return set_secure_bits(a);
    case PR_SET_NO_NEW_PRIVS:
      return set_no_new_privileges(a, b, c, d);
    case PR_CAPBSET_DROP:
      return drop_bounding(a);
    case PR_CAP_AMBIENT:
      return change_ambient(a, b);
    case PR_SET_TIMERSLACK:
      return set_timer_slack(a);
    case PR_SET_CHILD_SUBREAPER:
      g_subreaper.store(a != 0);
      return 0;
    case PR_SET_THP_DISABLE:
      g_no_huge_pages.store(a != 0);
      return 0;
    case PR_SET_TIMING:
      return a == PR_TIMING_STATISTICAL ? Result<int64_t>(0) : Errno(EINVAL);
    default:
      return prctl_get(option, a);
  }
}

Result<void> sys_arch_prctl(int option, uint64_t address) {
  switch (option) {
    case ARCH_SET_FS:
      return set_fs_base(address);
    case ARCH_GET_FS:
      return boundary::write_app(AppPtr<uint64_t>(address), entry::read_fs_base());
    default:
      // GS is the runtime's. No CET, no CPUID faulting, no AMX in here.
      return Errno(EINVAL);
  }
}

Result<int> sys_set_tid_address(AppPtr<int> tid) {
  sched::current().clear_child_tid = tid.address();
  return sched::current().tid();
}

Result<void> sys_set_robust_list(AppPtr<void> head, size_t size) {
  if (size != kRobustListSize) return Errno(EINVAL);
  sched::current().robust_list = head.address();
  return ok();
}

Result<void> sys_get_robust_list(int pid, AppPtr<uint64_t> head, AppPtr<size_t> size) {
  Ref<sched::Lthread> thread =
      pid == 0 ? Ref<sched::Lthread>::share(&sched::current()) : process::threads().find(pid);
  if (!thread) return Errno(ESRCH);
  TRY(boundary::write_app(size, kRobustListSize));
  return boundary::write_app(head, thread->robust_list);
}

Result<void> sys_rseq(AppPtr<void>, uint32_t, int, uint32_t) { return Errno(ENOSYS); }

}  // namespace scone::syscall
