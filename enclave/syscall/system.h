// The machine and its kernel, as the program sees them.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

struct new_utsname;
struct sysinfo;

namespace scone::syscall {

Result<void> sys_uname(AppPtr<::new_utsname> name);
Result<void> sys_sysinfo(AppPtr<::sysinfo> info);
// Not a program's business in an enclave: EPERM, as for an unprivileged process.
Result<void> sys_sethostname(AppPtr<const char> name, size_t size);
Result<void> sys_setdomainname(AppPtr<const char> name, size_t size);
Result<int> sys_syslog(int type, AppPtr<char> buffer, int size);
Result<void> sys_iopl(int level);
Result<void> sys_ioperm(uint64_t from, uint64_t count, int enable);
// Only PER_LINUX, and the query.
Result<int> sys_personality(uint32_t personality);

}  // namespace scone::syscall
