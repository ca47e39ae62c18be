// eventfd(2).
#pragma once

#include <cstdint>

#include "base/result.h"

namespace scone::syscall {

Result<int> sys_eventfd(uint32_t initial);
Result<int> sys_eventfd2(uint32_t initial, int flags);

}  // namespace scone::syscall
