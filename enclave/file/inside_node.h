// What a path leads to when the enclave itself answers: /proc/self, shielded and ephemeral files.
#pragma once

#include <linux/errno.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/attribute_change.h"
#include "enclave/file/file.h"
#include "enclave/file/path_name.h"

struct stat;
struct statfs;

namespace scone::file {

// One place in the tree of names: an existing file, or a name in a directory that may hold one. The operations are those
// of the system calls on paths, with their errors; where a kind of file system has none of them, the defaults answer. Not thread safe.
class InsideNode {
 public:
  virtual ~InsideNode() = default;

  virtual Result<Ref<File>> open(int flags, uint32_t mode) = 0;
  virtual Result<void> stat(struct ::stat& result) const = 0;
  virtual Result<void> read_link(PathName& target) const = 0;  // EINVAL: not a link
  virtual Result<void> access(int mode) const = 0;             // R_OK | W_OK | X_OK
  virtual bool is_directory() const = 0;
  virtual Result<void> statfs(struct ::statfs& result) const = 0;

  // Changes. EPERM where nothing can be changed.
  virtual Result<void> make_directory(uint32_t /*mode*/) { return Errno(EPERM); }
  virtual Result<void> make_node(uint32_t /*mode*/) { return Errno(EPERM); }  // mknod(2) without a device
  virtual Result<void> make_symlink(std::string_view /*target*/) { return Errno(EPERM); }
  virtual Result<void> link_to(InsideNode& /*to*/) { return Errno(EPERM); }
  virtual Result<void> remove(bool /*directory*/) { return Errno(EPERM); }
  virtual Result<void> rename_to(InsideNode& /*to*/, uint32_t /*flags*/) { return Errno(EPERM); }
  virtual Result<void> truncate(uint64_t /*size*/) { return Errno(EPERM); }
  virtual Result<void> change(const AttributeChange& /*change*/) { return Errno(EPERM); }
  // chdir(2). A current directory that the host does not know cannot be: EACCES, ENOTDIR.
  virtual Result<void> enter() { return is_directory() ? Errno(EACCES) : Errno(ENOTDIR); }
  // Of rename(2) and link(2) when the other place is the host's.
  virtual Errno between_systems() const { return Errno(EPERM); }
};

}  // namespace scone::file
