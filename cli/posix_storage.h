// Volumes in the files of this machine.
#pragma once

#include <string>
#include <utility>

#include "volume/storage.h"

namespace scone::cli {

class PosixStorage : public volume::Storage {
 public:
  // `private_file`, and what replaces it, is made for its owner only: a description that is still being prepared has keys in it.
  explicit PosixStorage(std::string private_file = "") : private_file_(std::move(private_file)) {}

  Result<volume::StorageFile*> open(std::string_view path, volume::OpenMode mode) override;
  Result<void> lock(volume::StorageFile& file) override;
  Result<void> unlink(std::string_view path) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> make_directory(std::string_view path) override;
  Result<void> sync_directory(std::string_view path) override;
  Result<void> sync_all(std::string_view path) override;
  Result<Space> space(std::string_view path) override;

 private:
  const std::string private_file_;
};

}  // namespace scone::cli
