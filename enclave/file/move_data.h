// Moving data from file to file without the program's memory in between.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/file/file.h"

namespace scone::file {

// Copies up to `count` bytes of `from`, a file that is read at offsets, to `to`. Lets the host do it where both are its own and
// nothing shields them. As sendfile(2): fewer bytes at the end of `from`, and when `to` is non-blocking or a signal comes.
// EAGAIN, EPIPE (with SIGPIPE), kRestartSys.
Result<size_t> send_file(File& from, uint64_t offset, File& to, size_t count);

// Copies up to `count` bytes between two files that are read and written at offsets, at least one of them the enclave's own. As
// copy_file_range(2).
Result<size_t> copy_range(File& from, uint64_t from_offset, File& to, uint64_t to_offset, size_t count);

}  // namespace scone::file
