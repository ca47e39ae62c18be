// futex(2).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

struct __kernel_timespec;

namespace scone::syscall {

Result<uint64_t> sys_futex(AppPtr<uint32_t> word, int operation, uint32_t value, uint64_t timeout_or_value2,
                           AppPtr<uint32_t> word2, uint32_t value3);

}  // namespace scone::syscall
