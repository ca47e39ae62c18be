// Allocator of host memory for call arguments. Its metadata is in the enclave; contents are the host's to see and change.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace scone::boundary {

// After init_host_state(). The first page per ethread is set aside for log lines.
void init_arena();
uint64_t log_page(uint64_t ethread_number);

// At least `size` bytes, 64-byte aligned, 1 <= size <= 1 MiB. ENOMEM. Thread safe.
Result<uint64_t> allocate_host_memory(size_t size);
// `address` as allocate_host_memory returned it.
void free_host_memory(uint64_t address);

}  // namespace scone::boundary
