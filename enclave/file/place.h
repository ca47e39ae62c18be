// Where a path argument of a system call leads.
#pragma once

#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/file/path_name.h"
#include "enclave/file/proc_node.h"
#include "enclave/file/regions.h"
#include "enclave/file/text.h"

namespace scone::file {

// A place on the host (a directory descriptor and a path), or a node of the enclave's own (/proc/self, shielded files). Large: meant for
// the stack, one or two at a time. Keeps the directory open.
class Place {
 public:
  Place() = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { delete shielded_; }
  // A program's argument. EFAULT, ENAMETOOLONG, EBADF, ENOTDIR, ENOENT.
  Result<void> find(int directory, AppPtr<const char> path, Follow follow);
  // The runtime's own.
  Result<void> find(int directory, std::string_view path, Follow follow);

  // nullptr: it is on the host.
  InsideNode* node() {
    if (shielded_) return shielded_;
    return inside_ ? &node_ : nullptr;
  }
  // The path from the program's root; empty if it is simply the host's.
  std::string_view program_path() const { return absolute_.view(); }
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
  InsideNode* shielded_ = nullptr;  // owned
  Text absolute_;
};

}  // namespace scone::file
