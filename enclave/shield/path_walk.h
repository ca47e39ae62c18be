// Following a path from name to name.
#pragma once

#include <string_view>

#include "enclave/file/path_name.h"
#include "enclave/file/regions.h"
#include "enclave/process/credentials.h"
#include "enclave/shield/region_map.h"
#include "enclave/shield/shielded_place.h"

namespace scone::shield {

// One walk. Links of shielded and ephemeral regions are followed here, those of the host's regions by the host: for it a path keeps
// its shape, and ".." is taken by its letters. Large, but small enough for the heap's slabs.
class PathWalk {
 public:
  explicit PathWalk(const RegionMap& map);

  // Where relative paths begin: absolute and normalised. The root if it is not set.
  Result<void> set_start(std::string_view start) {
    return done_.set(start == "/" ? std::string_view() : start);
  }
  // `path` is relative to the start, or absolute. ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, EIO.
  Result<void> run(std::string_view path, file::Follow follow);

  // Where it led: absolute, normalised.
  std::string_view path() const { return done_.empty() ? std::string_view("/") : done_.view(); }
  const MappedRegion& region() const { return *region_; }
  bool is_host() const { return !region_->root; }
  // The host would come to the same place by the path as it was given.
  bool is_plain() const { return plain_ && links_ == 0; }
  // Of a place that is not the host's.
  ShieldedPlace::Found take() { return std::move(found_); }

 private:
  Result<void> step(std::string_view name, bool last, file::Follow follow);
  Result<void> go_up();
  Result<void> locate(std::string_view path, Ref<Inode>& inode);
  Result<void> follow_link();

  const RegionMap& map_;
  const process::Credentials who_;
  file::PathName done_;  // without trailing slash; "" is the root
  file::PathName rest_;
  file::PathName link_;
  int links_ = 0;
  bool plain_ = true;                     // all regions on the way were
  const MappedRegion* region_ = nullptr;  // of done_
  ShieldedPlace::Found found_;            // of done_
};

}  // namespace scone::shield
