// Writes to files of the host that nobody waits for.
//
// A program that syncs a file hears of errors then (write(2), NOTES), so what it wrote before may leave with the next crossing: nothing that it
// could tell the world leaves earlier (round.h: post_effect). Pieces that follow each other become one. Files that the program is not known to
// sync are written at once, and so is everything of a process with several threads.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "enclave/file/host_descriptor.h"
#include "enclave/file/io_vector.h"

namespace scone::file::write_behind {

// More is worth a crossing of its own.
inline constexpr size_t kLargestWrite = 64 << 10;

// True: a write of `length` bytes to the regular file may wait, and there is room for it. `flags`: those of its open description. May ask the host.
bool may_wait(const HostDescriptor& file, int flags, size_t length);

// The bytes of a write, copied into the enclave: the program may change them, and a page of them may have to be fetched. Valid until the next
// call. EFAULT, ENOMEM. Precondition: may_wait().
Result<std::span<const uint8_t>> gather(IoVector& from);
// Hands them over. An error of the write is told to the file's next sync, write or close. ENOMEM.
Result<void> post(Ref<HostDescriptor> file, uint64_t offset, std::span<const uint8_t> bytes);

}  // namespace scone::file::write_behind
