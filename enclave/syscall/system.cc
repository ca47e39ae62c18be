#include "enclave/syscall/system.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/mm/program.h"
#include "enclave/runtime/memory.h"

namespace scone::syscall {
namespace {

constexpr uint32_t kQueryPersonality = 0xffffffff;

// Ends the host's text within its field and clears what follows: nothing of the enclave's, nothing unterminated.
void terminate(char (&field)[__NEW_UTS_LEN + 1]) {
  field[__NEW_UTS_LEN] = '\0';
  const size_t length = strlen(field);
  memset(field + length, 0, sizeof field - length);
}

template <size_t N>
void set(char (&field)[__NEW_UTS_LEN + 1], const char (&text)[N]) {
  static_assert(N <= sizeof field);
  memset(field, 0, sizeof field);
  memcpy(field, text, N);
}

uint64_t bytes_of(uint64_t units, uint64_t unit) {
  uint64_t bytes;
  return __builtin_mul_overflow(units, unit, &bytes) ? UINT64_MAX : bytes;
}
uint64_t at_most(uint64_t value, uint64_t limit) { return value < limit ? value : limit; }

}  // namespace

Result<void> sys_uname(AppPtr<::new_utsname> name) {
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof(::new_utsname)));
  TRY(host_call(__NR_uname, buffer.address()));
  auto answer = buffer.get<::new_utsname>(0);
  for (auto* field : {&answer.nodename, &answer.release, &answer.version, &answer.domainname})
    terminate(*field);
  // What the runtime implements, whatever the host is.
  set(answer.sysname, "Linux");
  set(answer.machine, "x86_64");
  return boundary::write_app(name, answer);
}

Result<void> sys_sysinfo(AppPtr<::sysinfo> where) {
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof(::sysinfo)));
  TRY(host_call(__NR_sysinfo, buffer.address()));
  const auto host = buffer.get<::sysinfo>(0);
  const uint64_t unit = host.mem_unit ? host.mem_unit : 1;
  const uint64_t limit = mm::program().heap_limit_pages() * abi::kPageSize;
  const uint64_t used = mm::program().committed_pages() * abi::kPageSize;
  // The enclave's memory is the machine's for the program. There is no swap: pages leave the enclave encrypted, unseen.
  ::sysinfo info{};
  info.uptime = host.uptime < 0 ? 0 : host.uptime;
  for (int i = 0; i < 3; ++i) info.loads[i] = host.loads[i];
  info.totalram = at_most(bytes_of(host.totalram, unit), limit);
  info.freeram = at_most(bytes_of(host.freeram, unit), info.totalram > used ? info.totalram - used : 0);
  info.procs = host.procs;
  info.mem_unit = 1;
  return boundary::write_app(where, info);
}

Result<void> sys_sethostname(AppPtr<const char>, size_t) { return Errno(EPERM); }
Result<void> sys_setdomainname(AppPtr<const char>, size_t) { return Errno(EPERM); }
Result<int> sys_syslog(int, AppPtr<char>, int) { return Errno(EPERM); }
Result<void> sys_iopl(int) { return Errno(EPERM); }
Result<void> sys_ioperm(uint64_t, uint64_t, int) { return Errno(EPERM); }

Result<int> sys_personality(uint32_t personality) {
  if (personality != 0 && personality != kQueryPersonality) return Errno(EINVAL);
  return 0;
}

}  // namespace scone::syscall
