// struct stat, statx and statfs as the host fills them in.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/file/host_descriptor.h"

struct stat;
struct statx;
struct statfs;

namespace scone::file {

inline constexpr size_t kHostStatSize = 144;
inline constexpr size_t kHostStatxSize = 256;
inline constexpr size_t kHostStatfsSize = 120;

// Copies the answer once. Host violation: what no kernel reports (a negative size, unknown mode bits).
void read_host_stat(const HostBuffer& buffer, struct ::stat& result);
void read_host_statx(const HostBuffer& buffer, struct ::statx& result);
void read_host_statfs(const HostBuffer& buffer, struct ::statfs& result);

// fstat(2) on the host.
Result<void> host_stat(const HostDescriptor& descriptor, struct ::stat& result);
// Remembers a regular file's size with the descriptor.
void note_size(const HostDescriptor& descriptor, const struct ::stat& stat);
// Only its st_mode.
Result<uint32_t> host_mode(const HostDescriptor& descriptor);

// What a kernel can report; for the functions above and their tests.
bool plausible(const struct ::stat& value);
bool plausible(const struct ::statx& value);

// statx(2) of a file whose struct stat is known.
void to_statx(const struct ::stat& from, struct ::statx& to);

}  // namespace scone::file
