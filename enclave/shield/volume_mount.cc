#include "enclave/shield/volume_mount.h"

#include <linux/errno.h>

#include <new>

#include "enclave/boundary/log.h"
#include "enclave/sched/clock.h"
#include "enclave/shield/volume_inode.h"

namespace scone::shield {
namespace {

constexpr size_t kFirstTable = 256;

// The object of a node, with the creator's reference in its Inode.
VolumeInode* make_inode(VolumeMount& mount, volume::Node& node) {
  switch (node.type()) {
    case volume::NodeType::kDirectory:
      return new (std::nothrow) VolumeDirectory(mount, node);
    case volume::NodeType::kSymlink:
      return new (std::nothrow) VolumeSymlink(mount, node);
    case volume::NodeType::kFile:
      return new (std::nothrow) VolumeFile(mount, node);
  }
  return nullptr;
}

}  // namespace

Result<void> VolumeMount::mount(const volume::MountOptions& options) {
  TRY(storage_.open_here());
  volume_ = TRY(volume::Volume::mount(storage_, *this, options));
  rooms_ = new (std::nothrow) file::HostRoom[volume_->region_count()];
  if (!rooms_) return Errno(ENOMEM);
  return ok();
}

Result<void> VolumeMount::sync_all() {
  const Result<void> stored = dirty_files_.store();
  sched::ExclusiveGuard guard(lock_);
  if (volume_->has_changes()) TRY(volume_->sync_all());
  return stored;
}

bool VolumeMount::has_room(const volume::Region& region, uint64_t bytes) {
  return rooms_[region.index].take(bytes, sched::now_ns(), page_cache().dirty_limit(),
                                   [&] { return volume_->space(region); });
}

int64_t VolumeMount::now() { return static_cast<int64_t>(sched::realtime_ns()); }

void VolumeMount::on_new_tag(const volume::Tag& tag) {
  if (listener_) listener_(tag);
}

void VolumeMount::report(const volume::Failure& failure) {
  boundary::Line line;
  line << "scone: ";
  line.quoted(failure.path.data(), failure.path.size(), 300) << ": ";
  for (char c : failure.reason) line << c;
  if (failure.position > 0) line << " (at byte " << failure.position << ")";
  boundary::log(line);
}

VolumeInode** VolumeMount::place_of(uint64_t number) {
  VolumeInode** link = &table_[number & (table_size_ - 1)];
  while (*link && (*link)->node_number() != number) link = &(*link)->next;
  return link;
}

Result<void> VolumeMount::grow() {
  if (count_ < table_size_) return ok();
  const size_t larger = table_size_ == 0 ? kFirstTable : table_size_ * 2;
  auto** table = new (std::nothrow) VolumeInode*[larger]();
  if (!table) return Errno(ENOMEM);
  for (size_t i = 0; i < table_size_; ++i)
    while (VolumeInode* inode = table_[i]) {
      table_[i] = inode->next;
      VolumeInode*& head = table[inode->node_number() & (larger - 1)];
      inode->next = head;
      head = inode;
    }
  delete[] table_;
  table_ = table;
  table_size_ = larger;
  return ok();
}

Result<Ref<Inode>> VolumeMount::inode_of(volume::Node& node) {
  sched::MutexGuard guard(table_lock_);
  TRY(grow());
  VolumeInode** place = place_of(node.id());
  if (!*place) {
    *place = make_inode(*this, node);
    if (!*place) return Errno(ENOMEM);
    ++count_;
  }
  return Ref<Inode>::share(&(*place)->inode());
}

VolumeInode* VolumeMount::known_inode(const volume::Node& node) {
  sched::MutexGuard guard(table_lock_);
  return table_size_ > 0 ? *place_of(node.id()) : nullptr;
}

bool VolumeMount::keep_in_use(VolumeInode& inode) { return inode.keep_without_name(); }

void VolumeMount::forget(VolumeInode& inode, bool kept) {
  if (!kept) inode.let_go();
  sched::MutexGuard guard(table_lock_);
  *place_of(inode.node_number()) = inode.next;
  --count_;
  (void)Ref<Inode>::adopt(&inode.inode());  // the table's
}

}  // namespace scone::shield
