// The regions of the program's tree of names, and the paths through them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/intrusive_list.h"
#include "enclave/file/regions.h"
#include "enclave/file/text.h"
#include "enclave/sched/mutex.h"
#include "enclave/shield/inode.h"

namespace scone::shield {

class PathWalk;

// All paths below one, unless a longer one says otherwise.
struct MappedRegion : ListNode<MappedRegion> {
  file::Text path;       // "/" or "/data"
  Ref<Inode> root;       // null: the host's
  file::Text host_path;  // the host's: where it keeps it
  // The host knows it under the same paths.
  bool is_plain() const { return !root && host_path.view() == path.view(); }
};

// Regions are added before the program starts and stay.
class RegionMap final : public file::Regions {
 public:
  // Paths are absolute and normalised. EEXIST, ENOMEM.
  Result<void> add_inside(std::string_view path, Ref<Inode> root);
  Result<void> add_host(std::string_view path, std::string_view host_path);
  // From here on the program's paths go through the map. `directory`: the current one. ENOMEM.
  Result<void> install(std::string_view directory, uint32_t umask);
  // Makes everything durable that sync_all() is for.
  void set_sync(Result<void> (*sync)()) { sync_ = sync; }

  // The region of an absolute, normalised path, and what is left of the path: "" or "a/b". Never null once there is a root region.
  const MappedRegion* find_region(std::string_view path, std::string_view* rest) const;
  uint32_t umask() const { return umask_.load(std::memory_order_relaxed); }

  Result<file::InsideNode*> find(file::File* directory, file::PathName& path, file::Follow follow,
                                 file::Text& absolute) override;
  Result<void> entered(std::string_view absolute) override;
  Result<void> current_directory(file::PathName& path) override;
  void set_umask(uint32_t mask) override { umask_.store(mask, std::memory_order_relaxed); }
  Result<void> sync_all() override { return sync_ ? sync_() : ok(); }

 private:
  Result<MappedRegion*> make(std::string_view path);
  Result<bool> start(PathWalk& walk, file::File* directory, std::string_view path);
  Result<void> to_host_path(const PathWalk& walk, file::PathName& path) const;

  mutable IntrusiveList<MappedRegion> regions_;  // a handful; owned
  Result<void> (*sync_)() = nullptr;
  std::atomic<uint32_t> umask_{022};
  sched::Mutex lock_;
  file::PathName directory_;  // the current one; guarded by lock_
};

RegionMap& region_map();

}  // namespace scone::shield
