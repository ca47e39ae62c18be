// Small vocabulary for address ranges.
#pragma once

#include <cstdint>

#include "abi/layout.h"
#include "base/checked.h"
#include "base/min_max.h"

namespace scone::mm {

using abi::kPageSize;

// TASK_SIZE of x86-64 with 4-level paging: where Linux stops looking at an address range.
inline constexpr uint64_t kTaskSize = 0x7ffffffff000;

}  // namespace scone::mm
