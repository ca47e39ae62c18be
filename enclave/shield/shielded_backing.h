// A shielded or ephemeral file behind a mapping.
#pragma once

#include <string_view>

#include "enclave/file/text.h"
#include "enclave/mm/backing.h"
#include "enclave/shield/regular_inode.h"

namespace scone::shield {

// Keeps the file open for as long as the mapping exists.
class ShieldedBacking final : public mm::Backing {
 public:
  static Result<Ref<mm::Backing>> create(Ref<Inode> inode, std::string_view path);
  ~ShieldedBacking() override { content().close(); }

  Result<size_t> read(uint64_t offset, uint64_t to_address, size_t length) override;
  Result<size_t> write(uint64_t offset, uint64_t from_address, size_t length) override;
  Result<uint64_t> size() override { return content().size(); }
  Result<void> sync() override { return inode_->sync(); }
  std::string_view name() const override { return path_.view(); }
  uint64_t device() const override { return inode_->device(); }
  uint64_t inode() const override { return inode_->number(); }

 private:
  explicit ShieldedBacking(Ref<Inode> inode) : inode_(std::move(inode)) {}
  RegularInode& content() const { return *inode_->regular(); }

  const Ref<Inode> inode_;
  file::Text path_;
};

}  // namespace scone::shield
