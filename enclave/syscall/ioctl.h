// Device control.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace scone::syscall {

Result<uint64_t> sys_ioctl(int fd, uint32_t request, uint64_t argument);

}  // namespace scone::syscall
