// Where a path argument of a system call leads.
#pragma once

#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/file/path_name.h"
#include "enclave/file/proc_node.h"

namespace scone::file {

enum class Follow : bool { kNo, kYes };  // a symbolic link in the path's last component

// A place on the host (a directory descriptor and a path), or a node that the enclave makes up (/proc/self). Large: meant for
// the stack, one or two at a time. Keeps the directory open.
class Place {
 public:
  // A program's argument. EFAULT, ENAMETOOLONG, EBADF, ENOTDIR, ENOENT.
  Result<void> find(int directory, AppPtr<const char> path, Follow follow);
  // The runtime's own.
  Result<void> find(int directory, std::string_view path, Follow follow);

  // nullptr: it is on the host.
  ProcNode* node() { return inside_ ? &node_ : nullptr; }
  int host_directory() const { return host_directory_; }
  const PathName& path() const { return path_; }
  // The path is "" and means the directory itself, to calls with AT_EMPTY_PATH.
  bool is_empty_path() const { return path_.empty(); }
  // For host calls: the directory as an argument, and the path in host memory.
  uint64_t directory_argument() const { return static_cast<uint64_t>(host_directory_); }
  Result<HostBuffer> path_argument() const { return path_.to_host(); }

 private:
  Result<void> resolve(int directory, Follow follow);
  Result<void> start_at(int directory);

  PathName path_;
  Ref<File> directory_;
  int host_directory_ = AT_FDCWD;
  bool inside_ = false;
  ProcNode node_;
};

// For calls that change what a path names, which no made-up file allows: EPERM for nodes.
inline Result<void> require_host(Place& place) {
  if (place.node()) return Errno(EPERM);
  return ok();
}

}  // namespace scone::file
