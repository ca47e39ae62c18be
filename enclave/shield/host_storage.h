// The host's files, as a volume wants them. Nothing that comes back is trusted by the volume; here only the calls' protocol is checked.
#pragma once

#include "enclave/boundary/host_fd.h"
#include "enclave/file/host_sync.h"
#include "volume/storage.h"

namespace scone::shield {

// Relative paths start at the directory that was current when it was opened.
class HostStorage final : public volume::Storage {
 public:
  Result<void> open_here();  // before anything else

  Result<volume::StorageFile*> open(std::string_view path, volume::OpenMode mode) override;
  Result<void> lock(volume::StorageFile& file) override;
  Result<void> unlink(std::string_view path) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> make_directory(std::string_view path) override;
  Result<void> sync_directory(std::string_view path) override;
  Result<void> sync_all(std::string_view path) override;
  Result<Space> space(std::string_view path) override;

 private:
  uint64_t here() const { return static_cast<uint64_t>(here_.number()); }
  Result<HostFd> open_directory(std::string_view path);
  HostFd here_;
  file::HostSync directories_, all_;
};

}  // namespace scone::shield
