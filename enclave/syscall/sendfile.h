// Copying between files.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

// A null offset means the file's own position.
Result<size_t> sys_sendfile(int to, int from, AppPtr<int64_t> offset, size_t count);
Result<size_t> sys_copy_file_range(int from, AppPtr<int64_t> from_offset, int to, AppPtr<int64_t> to_offset,
                                   size_t count, uint32_t flags);
// EINVAL, as for files that cannot be spliced: programs then copy.
Result<size_t> sys_splice(int from, AppPtr<int64_t> from_offset, int to, AppPtr<int64_t> to_offset,
                          size_t count, uint32_t flags);
Result<size_t> sys_tee(int from, int to, size_t count, uint32_t flags);
Result<size_t> sys_vmsplice(int fd, AppPtr<const void> vector, size_t count, uint32_t flags);

}  // namespace scone::syscall
