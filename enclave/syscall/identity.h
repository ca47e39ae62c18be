// Who the program is: process, user, group and session ids; capabilities.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

struct __user_cap_header_struct;
struct __user_cap_data_struct;

namespace scone::syscall {

Result<int> sys_getpid();
Result<int> sys_gettid();
Result<int> sys_getppid();
// Terminal sessions and process groups are the host's: forwarded.
Result<int> sys_getpgrp();
Result<int> sys_getpgid(int pid);
Result<void> sys_setpgid(int pid, int group);
Result<int> sys_getsid(int pid);
Result<int> sys_setsid();

// Ids are unsigned: int64_t keeps those above INT32_MAX from looking like errors.
Result<int64_t> sys_getuid();
Result<int64_t> sys_geteuid();
Result<int64_t> sys_getgid();
Result<int64_t> sys_getegid();
Result<void> sys_getresuid(AppPtr<uint32_t> real, AppPtr<uint32_t> effective, AppPtr<uint32_t> saved);
Result<void> sys_getresgid(AppPtr<uint32_t> real, AppPtr<uint32_t> effective, AppPtr<uint32_t> saved);
Result<void> sys_setuid(uint32_t id);
Result<void> sys_setgid(uint32_t id);
Result<void> sys_setreuid(uint32_t real, uint32_t effective);
Result<void> sys_setregid(uint32_t real, uint32_t effective);
Result<void> sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved);
Result<void> sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved);
Result<int64_t> sys_setfsuid(uint32_t id);  // returns the old one
Result<int64_t> sys_setfsgid(uint32_t id);
Result<int> sys_getgroups(int size, AppPtr<uint32_t> groups);
Result<void> sys_setgroups(int size, AppPtr<const uint32_t> groups);
Result<void> sys_capget(AppPtr<__user_cap_header_struct> header, AppPtr<__user_cap_data_struct> data);
Result<void> sys_capset(AppPtr<__user_cap_header_struct> header, AppPtr<const __user_cap_data_struct> data);

}  // namespace scone::syscall
