#include "enclave/shield/path_walk.h"

#include "enclave/file/path_components.h"
#include "enclave/process/own_credentials.h"
#include "enclave/shield/permission.h"

namespace scone::shield {
namespace {

constexpr int kMostLinks = 40;  // path_resolution(7)

bool asks_for_directory(std::string_view path) {
  return path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..") || path == "." || path == "..";
}

}  // namespace

PathWalk::PathWalk(const RegionMap& map) : map_(map), who_(process::credentials()) {}

// The inode at `path`, which has neither links nor dots. Null: the host's.
Result<void> PathWalk::locate(std::string_view path, Ref<Inode>& inode) {
  std::string_view rest;
  region_ = map_.find_region(path.empty() ? "/" : path, &rest);
  plain_ = plain_ && region_->is_plain();
  inode = region_->root;
  file::PathComponents names(rest);
  while (inode && !names.at_end()) inode = TRY(inode->lookup(names.next()));
  return ok();
}

Result<void> PathWalk::go_up() {
  const size_t slash = done_.view().rfind('/');
  done_.truncate(slash == std::string_view::npos ? 0 : slash);
  found_.directory = nullptr;
  return locate(done_.view(), found_.inode);
}

// found_.inode is a link: what it says takes its place in front of what is left of the path.
Result<void> PathWalk::follow_link() {
  if (++links_ > kMostLinks) return Errno(ELOOP);
  if (!rest_.empty()) TRY(rest_.prepend("/"));
  TRY(found_.inode->target(link_));
  TRY(rest_.prepend(link_.view()));
  if (!link_.view().starts_with('/')) return go_up();
  done_.clear();
  found_.directory = nullptr;
  return locate("", found_.inode);
}

Result<void> PathWalk::step(std::string_view name, bool last, file::Follow follow) {
  if (name == "..") return go_up();
  if (found_.inode) {
    if (!found_.inode->is_directory()) return Errno(ENOTDIR);
    TRY(may(*found_.inode, kExecute, who_));
  }
  const MappedRegion* above = region_;
  Ref<Inode> directory = std::move(found_.inode);
  TRY(done_.append("/"));
  TRY(done_.append(name));
  std::string_view rest;
  region_ = map_.find_region(done_.view(), &rest);
  plain_ = plain_ && region_->is_plain();
  found_.directory = nullptr;
  if (region_ != above || !directory) {
    // A region's root, or below the host's names.
    Ref<Inode> inode;
    TRY(locate(done_.view(), inode));
    found_.inode = std::move(inode);
    return ok();
  }
  found_.directory = std::move(directory);
  Result<Ref<Inode>> inode = found_.directory->lookup(name);
  if (!inode.ok()) {
    found_.inode = nullptr;
    return last && inode.error() == Errno(ENOENT) ? ok() : inode.error();
  }
  found_.inode = inode.take();
  if (found_.inode->kind() == Kind::kSymlink && (!last || follow == file::Follow::kYes)) return follow_link();
  return ok();
}

Result<void> PathWalk::run(std::string_view path, file::Follow follow) {
  TRY(rest_.set(path));
  if (path.starts_with('/')) done_.clear();
  TRY(locate(done_.view(), found_.inode));
  bool directory_wanted = false;
  while (true) {
    file::PathComponents names(rest_.view());
    if (names.at_end()) break;
    const bool slash = asks_for_directory(rest_.view());
    const std::string_view name = names.next();
    const bool last = names.at_end();
    if (last) directory_wanted = directory_wanted || slash;
    if (name.size() > 255) return Errno(ENAMETOOLONG);
    // The name stands in rest_, which step() may replace.
    char copy[256];
    memcpy(copy, name.data(), name.size());
    const std::string_view kept(copy, name.size());
    rest_.drop_front(rest_.size() - names.rest().size());
    TRY(step(kept, last, last && slash ? file::Follow::kYes : follow));
  }
  found_.directory_wanted = directory_wanted;
  if (directory_wanted && found_.inode && !found_.inode->is_directory()) return Errno(ENOTDIR);
  return ok();
}

}  // namespace scone::shield
