// Opening FIFOs (fifo(7)): the one kind of file whose open(2) waits.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/file/host_descriptor.h"

namespace scone::file {

// True if `path` names a FIFO on the host. `flags` of open(2): O_NOFOLLOW matters.
bool is_host_fifo(uint64_t host_directory, const HostBuffer& path, int flags);

// `fifo` was opened for reading with O_NONBLOCK: waits as an open without it would have, until a process opens it for
// writing. kRestartSys, and what the host says.
Result<void> wait_for_fifo_writer(HostDescriptor& fifo);

}  // namespace scone::file
