// Opening files.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/file/file.h"
#include "enclave/file/place.h"

namespace scone::file {

// openat(2): relative to the program's descriptor `directory` (or AT_FDCWD). May block (FIFOs), kRestartSys. The loader
// opens programs with it.
Result<Ref<File>> open_at(int directory, std::string_view path, int flags, uint32_t mode);

// The same in two steps, for callers that have the path in a Place.
Follow follow_when_opening(int flags);
Result<Ref<File>> open_place(Place& place, int flags, uint32_t mode);

// The same with a path that only the host has to understand, relative to a descriptor of the host (or AT_FDCWD).
Result<Ref<File>> open_on_host(int host_directory, const char* path, int flags, uint32_t mode);

// Makes a file of a host descriptor that we opened ourselves, by what fstat says it is. The descriptor's description is not
// shared with other processes, and has O_NONBLOCK. `flags` as open(2).
Result<Ref<File>> adopt_host_file(HostFd fd, int flags);
// For those that fstat tells nothing about (inotify): a stream.
Result<Ref<File>> adopt_host_stream(HostFd fd, int flags);

}  // namespace scone::file
