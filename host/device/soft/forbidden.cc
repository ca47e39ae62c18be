#include "host/device/soft/forbidden.h"

#include <cpuid.h>
#include <link.h>
#include <linux/audit.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "host/device/soft/interrupted.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif

namespace scone::host::soft {
namespace {

constexpr uint64_t kUserSpaceEnd = uint64_t{1} << 47;
constexpr int kSysUserDispatch = 2;  // si_code of a SIGSYS by dispatch; older headers lack SYS_USER_DISPATCH
constexpr int kArchSetCpuid = 0x1012;
constexpr uint8_t kCpuid[] = {0x0f, 0xa2};

std::atomic<uint64_t> host_calls_made;  // by make_host_call()

// System calls from [begin, end) are the host's and pass; all others are dispatched.
Result<void> allow_calls_from(uint64_t begin, uint64_t end) {
  if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, begin, end - begin, nullptr) != 0)
    return Errno(ENOTSUP);
  return ok();
}

// The kernel takes a SYSENTER of 64-bit code for one of 32-bit code and its RIP for an address in the vDSO, whatever the truth. So
// the vDSO must not be in the range whose calls pass. That range is contiguous; it can end at the vDSO if only the dynamic linker,
// whose calls are rare and are made for it by make_host_call(), lies above. Returns the vDSO's address, or 0 if the
// addresses have another order.
uint64_t separable_vdso() {
  struct Search {
    uint64_t vdso, linker;
    bool separable;
  } search{getauxval(AT_SYSINFO_EHDR), getauxval(AT_BASE), true};
  dl_iterate_phdr(
      [](dl_phdr_info* object, size_t, void* argument) {
        auto& s = *static_cast<Search*>(argument);
        auto headers = reinterpret_cast<uint64_t>(object->dlpi_phdr);
        if (object->dlpi_addr != s.linker && headers - s.vdso >= sgx::kPageSize && headers > s.vdso)
          s.separable = false;
        return 0;
      },
      &search);
  return search.separable ? search.vdso : 0;
}

void set_cpuid_allowed(bool allowed) { syscall(SYS_arch_prctl, kArchSetCpuid, allowed ? 1L : 0L); }

}  // namespace

Result<void> dispatch_system_calls(const SoftEnclave& enclave) {
  const uint64_t begin = enclave.end();
  static const uint64_t vdso = separable_vdso();
  if (vdso <= begin) return allow_calls_from(begin, kUserSpaceEnd);
  TRY(allow_calls_from(begin, vdso));
  // A vDSO that makes system calls to read the clock would be dispatched each time, which costs more than SYSENTER is worth.
  uint64_t before = host_calls_made;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return host_calls_made == before ? ok() : allow_calls_from(begin, kUserSpaceEnd);
}

bool make_host_call(const siginfo_t& info, ucontext_t& context) {
  if (info.si_code != kSysUserDispatch || info.si_arch != AUDIT_ARCH_X86_64) return false;
  auto& g = context.uc_mcontext.gregs;
  host_calls_made.fetch_add(1, std::memory_order_relaxed);
  register long r10 asm("r10") = g[REG_R10];
  register long r8 asm("r8") = g[REG_R8];
  register long r9 asm("r9") = g[REG_R9];
  long result;
  // SAFETY: the call that host code wanted to make, with its own arguments; no C library, so that errno is not touched.
  asm volatile("syscall"
               : "=a"(result)
               : "a"(g[REG_RAX]), "D"(g[REG_RDI]), "S"(g[REG_RSI]), "d"(g[REG_RDX]), "r"(r10), "r"(r8),
                 "r"(r9)
               : "rcx", "r11", "memory");
  g[REG_RAX] = result;
  return true;
}

void forbid_cpuid() { set_cpuid_allowed(false); }

bool undefined_inside(uint64_t rip) {
  static constexpr uint8_t kFirstBytes[] = {0xcd, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed,
                                            0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f};
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
