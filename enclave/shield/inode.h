// A file, directory or symbolic link of a shielded or ephemeral region.
#pragma once

#include <linux/errno.h>

#include <cstdint>
#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/attribute_change.h"
#include "enclave/file/path_name.h"
#include "enclave/file/text.h"

struct statfs;

namespace scone::shield {

class RegularInode;

enum class Kind : uint8_t { kFile = 1, kDirectory = 2, kSymlink = 3 };

struct Attributes {
  uint32_t mode = 0;  // permissions, 07777
  uint32_t user = 0, group = 0;
  int64_t access_time = 0, modification_time = 0, change_time = 0;  // ns since the epoch
};

struct DirectoryEntry {
  uint64_t cursor = 0;  // of this entry: `after` for the next one
  uint64_t number = 0;
  Kind kind = Kind::kFile;
  file::FixedText<256> name;
};

enum class RenameMode : uint8_t { kReplace, kNoReplace, kExchange };

// Two references to one file are references to one Inode. Thread safe; permissions and paths are the caller's matter. The defaults are what
// other kinds answer.
class Inode : public RefCounted {
 public:
  explicit Inode(Kind kind) : kind_(kind) {}
  virtual ~Inode() = default;

  Kind kind() const { return kind_; }
  bool is_directory() const { return kind_ == Kind::kDirectory; }
  virtual uint64_t number() const = 0;  // st_ino
  // Different for file systems between which there is no rename(2).
  virtual const void* system() const = 0;
  virtual uint64_t device() const = 0;  // st_dev
  virtual Attributes attributes() = 0;
  virtual uint32_t link_count() = 0;
  virtual uint64_t size() = 0;
  virtual uint64_t stored_bytes() = 0;
  virtual Result<void> change(const file::AttributeChange& change) = 0;  // EROFS
  virtual Result<void> sync() = 0;
  virtual Result<void> statfs(struct ::statfs& result) = 0;
  virtual RegularInode* regular() { return nullptr; }
  virtual Result<void> target(file::PathName&) { return Errno(EINVAL); }  // of a symbolic link

  // Of a directory. ENOENT, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY, EROFS, ENOSPC, ENOMEM.
  virtual Result<Ref<Inode>> lookup(std::string_view) { return Errno(ENOTDIR); }
  // `target` is a symbolic link's.
  virtual Result<Ref<Inode>> create(std::string_view, Kind, const Attributes&, std::string_view /*target*/) {
    return Errno(ENOTDIR);
  }
  virtual Result<void> remove(std::string_view, bool /*directory*/) { return Errno(ENOTDIR); }
  // `to` is of the same system().
  virtual Result<void> rename(std::string_view, Inode& /*to*/, std::string_view, RenameMode) {
    return Errno(ENOTDIR);
  }
  // The first entry behind the one with this cursor (0: the first of all). False: there is none.
  virtual bool next_entry(uint64_t /*after*/, DirectoryEntry&) { return false; }

 private:
  const Kind kind_;
};

}  // namespace scone::shield
