#include "host/device/soft/forbidden.h"

#include <cpuid.h>
#include <link.h>
#include <linux/audit.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "base/checked.h"
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

struct Range {
  uint64_t begin, end;
};

struct HostObjects {
  Range vdso{0, 0};
  bool some_below = false;  // the vDSO; the dynamic linker does not count
  bool some_above = false;
};

uint64_t end_of(const dl_phdr_info& object) {
  uint64_t end = 0;
  for (unsigned i = 0; i < object.dlpi_phnum; ++i)
    if (object.dlpi_phdr[i].p_type == PT_LOAD)
      end = std::max(end, object.dlpi_phdr[i].p_vaddr + object.dlpi_phdr[i].p_memsz);
  return align_up(object.dlpi_addr + end, sgx::kPageSize);
}

HostObjects find_host_objects() {
  HostObjects found;
  found.vdso.begin = getauxval(AT_SYSINFO_EHDR);
  dl_iterate_phdr(
      [](dl_phdr_info* object, size_t, void* argument) {
        auto& f = *static_cast<HostObjects*>(argument);
        auto place = reinterpret_cast<uint64_t>(object->dlpi_phdr);
        if (place - f.vdso.begin < sgx::kPageSize)
          f.vdso.end = end_of(*object);
        else if (object->dlpi_addr != getauxval(AT_BASE) || object->dlpi_addr == 0)
          (place < f.vdso.begin ? f.some_below : f.some_above) = true;
        return 0;
      },
      &found);
  return found;
}

// Whose system calls pass. The kernel takes a SYSENTER of 64-bit code for one of 32-bit code, and its RIP for an address in the
// vDSO whatever the truth, so the vDSO should not be in this range. The range is contiguous: that works if all host code lies on one side of
// the vDSO, but for the dynamic linker, whose calls are rare and are made for it by make_host_call().
Range range_without_vdso(uint64_t host_begin) {
  static const HostObjects objects = find_host_objects();
  if (objects.vdso.end && objects.vdso.begin > host_begin) {
    if (!objects.some_above) return {host_begin, objects.vdso.begin};
    if (!objects.some_below) return {objects.vdso.end, kUserSpaceEnd};
  }
  return {host_begin, kUserSpaceEnd};
}

void set_cpuid_allowed(bool allowed) { syscall(SYS_arch_prctl, kArchSetCpuid, allowed ? 1L : 0L); }

}  // namespace

Result<void> dispatch_system_calls(const SoftEnclave& enclave) {
  Range range = range_without_vdso(enclave.end());
  TRY(allow_calls_from(range.begin, range.end));
  // A vDSO that makes system calls to read the clock would be dispatched each time, which costs more than SYSENTER is worth.
  uint64_t before = host_calls_made;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return host_calls_made == before ? ok() : allow_calls_from(enclave.end(), kUserSpaceEnd);
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
