// Where a path leads in a shielded or ephemeral region.
#pragma once

#include <cstdint>
#include <string_view>

#include "enclave/file/inside_node.h"
#include "enclave/file/text.h"
#include "enclave/shield/inode.h"

namespace scone::shield {

class ShieldedPlace final : public file::InsideNode {
 public:
  // `directory` is null for a region's root; `inode` is null if nothing has that name.
  struct Found {
    Ref<Inode> directory, inode;
    bool directory_wanted = false;  // the path ends in a slash
  };
  // ENOMEM. `path`: absolute, without links, of the name.
  static Result<ShieldedPlace*> create(Found found, std::string_view path);

  Result<Ref<file::File>> open(int flags, uint32_t mode) override;
  Result<void> stat(struct ::stat& result) const override;
  Result<void> read_link(file::PathName& target) const override;
  Result<void> access(int mode) const override;
  bool is_directory() const override { return found_.inode && found_.inode->is_directory(); }
  Result<void> statfs(struct ::statfs& result) const override;
  Result<void> make_directory(uint32_t mode) override;
  Result<void> make_node(uint32_t mode) override;
  Result<void> make_symlink(std::string_view target) override;
  Result<void> remove(bool directory) override;
  Result<void> rename_to(file::InsideNode& to, uint32_t flags) override;
  Result<void> truncate(uint64_t size) override;
  Result<void> change(const file::AttributeChange& change) override;
  Result<void> enter() override;
  Errno between_systems() const override { return Errno(EXDEV); }

 private:
  explicit ShieldedPlace(Found found) : found_(std::move(found)) {}
  std::string_view name() const;
  Result<Inode*> existing() const;
  Result<Ref<Inode>> create_inode(Kind kind, uint32_t mode, std::string_view target);
  Result<Ref<file::File>> open_existing(int flags);

  const Found found_;
  file::Text path_;
};

}  // namespace scone::shield
