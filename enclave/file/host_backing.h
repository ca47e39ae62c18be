// A forwarded file behind a mapping.
#pragma once

#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/host_descriptor.h"
#include "enclave/file/path_name.h"
#include "enclave/mm/backing.h"

namespace scone::file {

// Keeps the host's descriptor open for as long as the mapping exists. Contents are what the host says.
class HostFileBacking final : public mm::Backing {
 public:
  // Asks the host what the file is. ENODEV: not something that can be mapped; EIO, ENOMEM.
  static Result<Ref<mm::Backing>> create(Ref<HostDescriptor> descriptor);
  ~HostFileBacking() override;

  Result<size_t> read(uint64_t offset, uint64_t to_address, size_t length) override;
  Result<size_t> write(uint64_t offset, uint64_t from_address, size_t length) override;
  Result<uint64_t> size() override;
  Result<void> sync() override;
  size_t peek(uint64_t offset, void* to, size_t length) override;
  // Asks the host the first time.
  std::string_view name() const override;
  uint64_t device() const override { return device_; }
  uint64_t inode() const override { return inode_; }

 private:
  explicit HostFileBacking(Ref<HostDescriptor> descriptor) : descriptor_(std::move(descriptor)) {}
  Result<void> identify();

  const Ref<HostDescriptor> descriptor_;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  mutable char* name_ = nullptr;  // owned; guarded by the address space's lock
  mutable size_t name_length_ = 0;
};

}  // namespace scone::file
