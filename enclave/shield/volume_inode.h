// Files, directories and links of a protected volume.
#pragma once

#include <atomic>
#include <cstdint>

#include "enclave/shield/inode.h"
#include "enclave/shield/regular_inode.h"
#include "enclave/shield/volume_mount.h"

namespace scone::shield {

// The node behind an inode. Null once its name is gone and nobody has the file open.
class VolumeInode {
 public:
  VolumeInode(VolumeMount& mount, volume::Node& node, Inode& inode)
      : mount_(mount), number_(node.id()), node_(&node), inode_(inode) {}
  virtual ~VolumeInode() = default;

  VolumeMount& mount() const { return mount_; }
  uint64_t node_number() const { return number_; }
  Inode& inode() const { return inode_; }
  // The rest: the volume's lock is held; exclusively by those that change the node.
  volume::Node* node() const { return node_; }
  Result<volume::Node*> require() const;
  // Its name is about to go: true if the node is kept in use for those who have it open.
  virtual bool keep_without_name() { return false; }
  void let_go() { node_ = nullptr; }
  VolumeInode* next = nullptr;  // in the mount's table

 private:
  VolumeMount& mount_;
  const uint64_t number_;
  volume::Node* node_;
  Inode& inode_;
};

// What all kinds answer alike.
template <typename Base>
class VolumeFacts : public Base, public VolumeInode {
 public:
  template <typename... Arguments>
  VolumeFacts(VolumeMount& mount, volume::Node& node, Arguments&&... arguments)
      : Base(std::forward<Arguments>(arguments)...),
        VolumeInode(mount, node, *this),
        system_(&node.region()) {}
  uint64_t number() const override { return node_number(); }
  const void* system() const override { return system_; }
  uint64_t device() const override;
  Attributes attributes() override;
  uint32_t link_count() override;
  uint64_t stored_bytes() override;
  Result<void> change(const file::AttributeChange& change) override;
  Result<void> sync() override;
  Result<void> statfs(struct ::statfs& result) override;

 private:
  const volume::Region* const system_;
};

class VolumeFile final : public VolumeFacts<RegularInode> {
 public:
  VolumeFile(VolumeMount& mount, volume::Node& node)
      : VolumeFacts(mount, node, node.size()), region_(node.region()) {}
  Result<void> open() override;
  void close() override;
  bool keep_without_name() override;
  Attributes attributes() override;
  uint64_t stored_bytes() override;
  Result<void> change(const file::AttributeChange& change) override;
  Result<void> sync() override;
  Result<uint64_t> seek_data(uint64_t offset) override;
  Result<uint64_t> seek_hole(uint64_t offset) override;

 protected:
  bool keeps_pages() const override { return false; }
  Result<size_t> fetch(uint64_t offset, const volume::Parts& to) override;
  Result<void> store(uint64_t offset, std::span<const uint8_t> from) override;
  Result<void> resize(uint64_t size) override;
  Result<bool> may_delay(uint64_t offset, uint64_t length) override;
  void delaying() override;
  Result<void> store_pages(std::span<const volume::Piece> pieces) override;
  void stored(bool successfully) override;
  void store_all() override;

 private:
  Result<void> hold();  // volume's lock held exclusively
  Result<void> hold_once();
  bool release();  // content lock held; true: the node is gone for good

  const volume::Region& region_;
  std::atomic<uint32_t> opens_{0};
  // The volume keeps the host's file open: from the first access on, so that who only opens what is cached costs no host call.
  std::atomic<bool> held_{false};  // written with the volume's lock held exclusively
  // Of writes that wait: when the last one was. 0: the node has the right times. Written with the content lock held.
  std::atomic<int64_t> modified_{0};
  std::atomic<bool> store_failed_{
      false};  // from then on writes go through, so that each hears of its own error
};

class VolumeSymlink final : public VolumeFacts<Inode> {
 public:
  VolumeSymlink(VolumeMount& mount, volume::Node& node) : VolumeFacts(mount, node, Kind::kSymlink) {}
  uint64_t size() override;
  Result<void> target(file::PathName& result) override;
};

class VolumeDirectory final : public VolumeFacts<Inode> {
 public:
  VolumeDirectory(VolumeMount& mount, volume::Node& node) : VolumeFacts(mount, node, Kind::kDirectory) {}
  uint64_t size() override { return kPageSize; }
  Result<Ref<Inode>> lookup(std::string_view name) override;
  Result<Ref<Inode>> create(std::string_view name, Kind kind, const Attributes& attributes,
                            std::string_view target) override;
  Result<void> remove(std::string_view name, bool directory) override;
  Result<void> rename(std::string_view name, Inode& to, std::string_view new_name, RenameMode mode) override;
  bool next_entry(uint64_t after, DirectoryEntry& entry) override;

 private:
  Result<void> store_contents(std::string_view name);
};

}  // namespace scone::shield
