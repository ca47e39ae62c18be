// Opening a file and seeing at once what programs want to know of it next.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/file/round_cache.h"

namespace scone::file {

// Flags of open(2) as the host is to see them.
uint64_t flags_for_host(int flags);

// Whether such an open need not be the program's alone: nothing of the description shows but what it opened. `directory` as
// an argument of a host call.
bool may_be_remembered(uint64_t directory, int flags);

// A path on the host: as arguments of a call, and as the program gave it.
struct LookedAt {
  uint64_t directory;
  const HostBuffer& path;
  std::string_view name;
};

// open(2), fstat(2) and, if files of this name are usually read, read(2) by one crossing; remembered where that may be.
// With O_NONBLOCK: what has to wait says EAGAIN or ENXIO.
Result<round_cache::Opened> look(const round_cache::Question& question, const LookedAt& place, int flags,
                                 uint32_t mode);

}  // namespace scone::file
