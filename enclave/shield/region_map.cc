#include "enclave/shield/region_map.h"

#include <new>

#include "enclave/file/file.h"
#include "enclave/shield/path_walk.h"
#include "enclave/shield/shielded_place.h"

namespace scone::shield {
namespace {

constinit RegionMap* g_map = nullptr;

// `path` is `prefix`, or below it.
bool lies_below(std::string_view path, std::string_view prefix) {
  if (prefix == "/") return true;
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

RegionMap& region_map() {
  if (!g_map) g_map = new (std::nothrow) RegionMap;  // at start, where nobody else runs
  if (!g_map) __builtin_trap();
  return *g_map;
}

Result<MappedRegion*> RegionMap::make(std::string_view path) {
  for (const MappedRegion& region : regions_)
    if (region.path.view() == path) return Errno(EEXIST);
  auto* region = new (std::nothrow) MappedRegion;
  if (!region) return Errno(ENOMEM);
  region->path.append(path);
  regions_.push_back(*region);
  return region;
}

Result<void> RegionMap::add_inside(std::string_view path, Ref<Inode> root) {
  MappedRegion* region = TRY(make(path));
  region->root = std::move(root);
  return region->path.status();
}

Result<void> RegionMap::add_host(std::string_view path, std::string_view host_path) {
  MappedRegion* region = TRY(make(path));
  region->host_path.append(host_path);
  TRY(region->host_path.status());
  return region->path.status();
}

Result<void> RegionMap::install(std::string_view directory, uint32_t umask) {
  TRY(directory_.set(directory));
  set_umask(umask);
  file::regions = this;
  return ok();
}

const MappedRegion* RegionMap::find_region(std::string_view path, std::string_view* rest) const {
  const MappedRegion* best = nullptr;
  for (const MappedRegion& region : regions_)
    if (lies_below(path, region.path.view()) &&
        (!best || region.path.view().size() > best->path.view().size()))
      best = &region;
  if (best) {
    const size_t prefix = best->path.view() == "/" ? 0 : best->path.view().size();
    *rest = path.substr(prefix);
    while (rest->starts_with('/')) rest->remove_prefix(1);
  }
  return best;
}

// False: the path is relative to something of the host of which we know no path, and the host's matter.
Result<bool> RegionMap::start(PathWalk& walk, file::File* directory, std::string_view path) {
  if (path.starts_with('/')) return true;
  if (directory && (path.empty() || directory->program_path().empty())) return false;
  if (path.empty()) return Errno(ENOENT);
  if (directory) {
    TRY(walk.set_start(directory->program_path()));
    return true;
  }
  sched::MutexGuard guard(lock_);
  TRY(walk.set_start(directory_.view()));
  return true;
}

// What the host is asked about a path that led into one of its regions by way of others, or under another name.
Result<void> RegionMap::to_host_path(const PathWalk& walk, file::PathName& path) const {
  const bool slash = path.view().ends_with('/');
  std::string_view rest;
  const MappedRegion& region = *find_region(walk.path(), &rest);
  TRY(path.set(region.host_path.view()));
  if (!rest.empty() && !path.view().ends_with('/')) TRY(path.append("/"));
  TRY(path.append(rest));
  return slash && !path.view().ends_with('/') ? path.append("/") : ok();
}

Result<file::InsideNode*> RegionMap::find(file::File* directory, file::PathName& path, file::Follow follow,
                                          file::Text& absolute) {
  static_assert(sizeof(PathWalk) <= 16384);
  struct Owner {
    ~Owner() { delete walk; }
    PathWalk* walk;
  } owner{new (std::nothrow) PathWalk(*this)};
  if (!owner.walk) return Errno(ENOMEM);
  PathWalk& walk = *owner.walk;
  if (!TRY(start(walk, directory, path.view()))) return nullptr;
  TRY(walk.run(path.view(), follow));
  absolute.append(walk.path());
  TRY(absolute.status());
  if (!walk.is_host()) return TRY(ShieldedPlace::create(walk.take(), walk.path()));
  if (!walk.is_plain()) TRY(to_host_path(walk, path));
  return nullptr;
}

Result<void> RegionMap::entered(std::string_view absolute) {
  sched::MutexGuard guard(lock_);
  return directory_.set(absolute);
}

Result<void> RegionMap::current_directory(file::PathName& path) {
  sched::MutexGuard guard(lock_);
  return path.set(directory_.view());
}

}  // namespace scone::shield
