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
    if (lies_below(path, region.path.view()) && (!best || region.path.view().size() > best->path.view().size())) best = &region;
  if (best) {
    const size_t prefix = best->path.view() == "/" ? 0 : best->path.view().size();
    *rest = path.substr(prefix);
    while (rest->starts_with('/')) rest->remove_prefix(1);
  }
  return best;
}

// Where relative paths begin. Empty: at a directory of the host of which we know no path.
Result<void> RegionMap::start_of(file::File* directory, file::PathName& path) {
  if (directory) return path.set(directory->program_path());
  sched::MutexGuard guard(lock_);
  return path.set(directory_.view());
}

Result<file::InsideNode*> RegionMap::find(file::File* directory, file::PathName& path, file::Follow follow,
                                          file::Text& absolute) {
  struct Scratch {
    explicit Scratch(const RegionMap& map) : walk(map) {}
    file::PathName start;
    PathWalk walk;
  };
  struct Owner {
    ~Owner() { delete scratch; }
    Scratch* scratch;
  } owner{new (std::nothrow) Scratch(*this)};
  if (!owner.scratch) return Errno(ENOMEM);
  auto& [start, walk] = *owner.scratch;
  const bool relative = !path.view().starts_with('/');
  if (relative) {
    if (path.empty()) return directory ? Result<file::InsideNode*>(nullptr) : Errno(ENOENT);
    TRY(start_of(directory, start));
    if (start.empty()) return nullptr;
  } else if (path.empty()) {
    return Errno(ENOENT);
  }
  TRY(walk.run(start.view(), path.view(), follow));
  absolute.append(walk.path());
  TRY(absolute.status());
  if (!walk.is_host()) return TRY(ShieldedPlace::create(walk.take(), walk.path()));

  // The host understands the path as it is if it never left what the host knows.
  std::string_view rest;
  if (walk.is_plain()) return nullptr;
  const bool slash = path.view().ends_with('/');
  (void)find_region(walk.path(), &rest);
  start.clear();
  TRY(start.append(walk.region().host_path.view()));
  if (!rest.empty() && !start.view().ends_with('/')) TRY(start.append("/"));
  TRY(start.append(rest));
  if (slash && !start.view().ends_with('/')) TRY(start.append("/"));
  TRY(path.set(start.view()));
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
