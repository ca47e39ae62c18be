// Directories of the host.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "enclave/file/host_file.h"
#include "enclave/sched/mutex.h"

namespace scone::file {

// The position is the host's: its values mean something to the host's file system only.
class HostDirectory final : public HostFile {
 public:
  using HostFile::HostFile;

  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;  // EISDIR
  Result<size_t> read_directory(IoVector& to) override;
  Result<uint64_t> seek(int64_t offset, int whence) override;

 private:
  Result<uint64_t> host_seek(int64_t offset, int whence);  // lock_ held

  sched::Mutex lock_;
  // Behind the last record that the program got, where the host's position is, too, between calls.
  int64_t position_ = 0;
};

}  // namespace scone::file
