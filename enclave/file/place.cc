#include "enclave/file/place.h"

#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/procfs.h"

namespace scone::file {
Result<void> Place::find(int directory, AppPtr<const char> path, Follow follow) {
  TRY(path_.read_from(path));
  return resolve(directory, follow);
}

Result<void> Place::find(int directory, std::string_view path, Follow follow) {
  TRY(path_.set(path));
  return resolve(directory, follow);
}

Result<void> Place::resolve(int directory, Follow follow) {
  const bool absolute = path_.view().starts_with('/');
  if (!absolute && directory != AT_FDCWD) TRY(start_at(directory));
  if (path_.view().starts_with('/')) inside_ = TRY(find_in_proc(path_, follow == Follow::kYes, node_));
  if (inside_ || !regions) return ok();
  // What is left under it is the host's: the runner's descriptors, facts about the process.
  if (path_.view().starts_with("/proc/self/")) return ok();
  shielded_ = TRY(regions->find(directory_.get(), path_, follow, absolute_));
  return ok();
}

Result<void> Place::start_at(int directory) {
  directory_ = TRY(fd_table().get(directory));
  const std::string_view made_up = directory_->inside_path();
  if (!made_up.empty()) {
    if (!path_.empty()) TRY(path_.prepend("/"));
    return path_.prepend(made_up);
  }
  // A host directory, or with an empty path any file of the host; the host tells which.
  if (HostFile* file = directory_->as_host_file()) {
    host_directory_ = static_cast<int>(file->number());
    return ok();
  }
  if (path_.empty()) return ok();
  return Errno(ENOTDIR);
}

}  // namespace scone::file
