// Directories of the host.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "enclave/file/host_file.h"

namespace scone::file {

// The position is the host's: its values mean something to the host's file system only.
class HostDirectory final : public HostFile {
 public:
  using HostFile::HostFile;

  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;  // EISDIR
  Result<size_t> read_directory(IoVector& to) override;
  Result<uint64_t> seek(int64_t offset, int whence) override;
};

}  // namespace scone::file
