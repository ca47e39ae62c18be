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

}  // namespace scone::file
