// Capabilities (declared in identity.h).
#include <linux/capability.h>
#include <linux/errno.h>

#include <optional>

#include "enclave/process/own_credentials.h"
#include "enclave/process/thread_list.h"
#include "enclave/syscall/identity.h"

namespace scone::syscall {
namespace {

using process::Capabilities;

// How many 32-bit halves a version of the interface has.
std::optional<size_t> halves_of(uint32_t version) {
  switch (version) {
    case _LINUX_CAPABILITY_VERSION_1:
      return _LINUX_CAPABILITY_U32S_1;
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
      return _LINUX_CAPABILITY_U32S_3;
    default:
      return std::nullopt;
  }
}

// Tells a caller with an unknown version which one to use, as capget(2) says.
Result<size_t> read_header(AppPtr<__user_cap_header_struct> where, __user_cap_header_struct& header) {
  header = TRY(boundary::read_app(where));
  if (auto halves = halves_of(header.version)) return *halves;
  header.version = _LINUX_CAPABILITY_VERSION_3;
  TRY(boundary::write_app(where, header));
  return Errno(EINVAL);
}

bool is_own(int pid) { return pid == 0 || process::threads().find(pid); }

uint32_t half(uint64_t set, size_t index) { return static_cast<uint32_t>(set >> (32 * index)); }

}  // namespace

Result<void> sys_capget(AppPtr<__user_cap_header_struct> where, AppPtr<__user_cap_data_struct> data) {
  __user_cap_header_struct header;
  auto halves = read_header(where, header);
  // A null data pointer asks for the version alone: then the wrong one is no error.
  if (!halves.ok()) return !data && halves.error() == Errno(EINVAL) ? ok() : Result<void>(halves.error());
  if (!data) return ok();
  if (header.pid < 0) return Errno(EINVAL);
  if (!is_own(header.pid)) return Errno(ESRCH);
  const Capabilities sets = process::credentials().capabilities;
  for (size_t i = 0; i < halves.value(); ++i)
    TRY(boundary::write_app(data + i, __user_cap_data_struct{.effective = half(sets.effective, i),
                                                             .permitted = half(sets.permitted, i),
                                                             .inheritable = half(sets.inheritable, i)}));
  return ok();
}

Result<void> sys_capset(AppPtr<__user_cap_header_struct> where, AppPtr<const __user_cap_data_struct> data) {
  __user_cap_header_struct header;
  const size_t halves = TRY(read_header(where, header));
  if (!is_own(header.pid)) return Errno(EPERM);
  uint64_t effective = 0, permitted = 0, inheritable = 0;
  for (size_t i = 0; i < halves; ++i) {
    const __user_cap_data_struct part = TRY(boundary::read_app(data + i));
    effective |= uint64_t{part.effective} << (32 * i);
    permitted |= uint64_t{part.permitted} << (32 * i);
    inheritable |= uint64_t{part.inheritable} << (32 * i);
  }
  return process::change_credentials([&](process::Credentials& credentials) -> Result<void> {
    credentials.capabilities =
        TRY(process::with_sets(credentials.capabilities, effective, permitted, inheritable));
    return ok();
  });
}

}  // namespace scone::syscall
