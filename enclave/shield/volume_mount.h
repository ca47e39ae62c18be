// A protected volume in use: its nodes as inodes, its locks, its host.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/host_room.h"
#include "enclave/sched/mutex.h"
#include "enclave/sched/shared_mutex.h"
#include "enclave/shield/dirty_files.h"
#include "enclave/shield/host_storage.h"
#include "enclave/shield/inode.h"
#include "volume/volume.h"

namespace scone::shield {

class VolumeInode;

// Told of each new state of the volume, before what it holds is confirmed to the program. May call the host.
using TagListener = void (*)(const volume::Tag& tag);

// One per process. Lives until the enclave ends.
class VolumeMount final : volume::Surroundings {
 public:
  // Errors as volume::Volume::mount(); the reason has been logged.
  Result<void> mount(const volume::MountOptions& options);
  void set_tag_listener(TagListener listener) { listener_ = listener; }

  // Shared: lookup, read; exclusive: all else, as volume.h says. Taken after a file's content lock.
  sched::SharedMutex& lock() { return lock_; }
  volume::Volume& volume() { return *volume_; }
  // Called, as dirty_files().store(), without a lock.
  Result<void> sync_all();
  DirtyFiles& dirty_files() { return dirty_files_; }
  // True: a write of `bytes` to a file of the region may wait. Needs no lock.
  bool has_room(const volume::Region& region, uint64_t bytes);

  // The inode of a node, always the same. Precondition: lock() is held, shared or not.
  Result<Ref<Inode>> inode_of(volume::Node& node);
  // Runs remove() -> Result<void>, after which `victim` (may be null) has no name: its inode is not found any more, and keeps the node only
  // if it has it open. Precondition: lock() is held exclusively.
  template <typename Remove>
  Result<void> removing(volume::Node* victim, Remove remove) {
    VolumeInode* inode = victim ? known_inode(*victim) : nullptr;
    const bool kept = inode && keep_in_use(*inode);
    Result<void> removed = remove();
    if (inode && removed.ok()) forget(*inode, kept);
    return removed;
  }

 private:
  int64_t now() override;
  void on_new_tag(const volume::Tag& tag) override;
  void report(const volume::Failure& failure) override;
  VolumeInode* known_inode(const volume::Node& node);
  static bool keep_in_use(VolumeInode& inode);
  void forget(VolumeInode& inode, bool kept);
  Result<void> grow();                      // table_lock_ held
  VolumeInode** place_of(uint64_t number);  // table_lock_ held

  HostStorage storage_;
  volume::Volume* volume_ = nullptr;
  TagListener listener_ = nullptr;
  DirtyFiles dirty_files_;
  file::HostRoom* rooms_ = nullptr;  // one for each region
  sched::SharedMutex lock_;
  sched::Mutex table_lock_;
  VolumeInode** table_ = nullptr;  // chains by node number; each holds a reference; guarded by table_lock_
  size_t table_size_ = 0;          // 0 or a power of two
  size_t count_ = 0;
};

}  // namespace scone::shield
