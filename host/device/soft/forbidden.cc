#include "host/device/soft/forbidden.h"

#include <cpuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "host/device/soft/interrupted.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif

namespace scone::host::soft {
namespace {

constexpr uint64_t kUserSpaceEnd = uint64_t{1} << 47;
constexpr int kArchSetCpuid = 0x1012;
constexpr uint8_t kCpuid[] = {0x0f, 0xa2};

void set_cpuid_allowed(bool allowed) { syscall(SYS_arch_prctl, kArchSetCpuid, allowed ? 1L : 0L); }

}  // namespace

Result<void> dispatch_system_calls(const SoftEnclave& enclave) {
  // System calls from the given range are the host's and pass; all others are dispatched.
  uint64_t begin = enclave.end();
  if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, begin, kUserSpaceEnd - begin, nullptr) != 0)
    return Errno(ENOTSUP);
  return ok();
}

void forbid_cpuid() { set_cpuid_allowed(false); }

bool undefined_inside(uint64_t rip) {
  static constexpr uint8_t kFirstBytes[] = {0xcd, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f};
  if (instruction_is(rip, kCpuid, sizeof kCpuid)) return true;
  for (const uint8_t& first : kFirstBytes)  // INT n, IN, OUT, INS, OUTS
    if (instruction_is(rip, &first, 1)) return true;
  return false;
}

bool emulate_host_cpuid(ucontext_t& context) {
  auto& g = context.uc_mcontext.gregs;
  if (!instruction_is(static_cast<uint64_t>(g[REG_RIP]), kCpuid, sizeof kCpuid)) return false;
  unsigned a, b, c, d;
  set_cpuid_allowed(true);
  __cpuid_count(static_cast<unsigned>(g[REG_RAX]), static_cast<unsigned>(g[REG_RCX]), a, b, c, d);
  set_cpuid_allowed(false);
  g[REG_RAX] = a, g[REG_RBX] = b, g[REG_RCX] = c, g[REG_RDX] = d;
  g[REG_RIP] += sizeof kCpuid;
  return true;
}

}  // namespace scone::host::soft
