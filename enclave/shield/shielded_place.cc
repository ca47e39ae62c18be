#include "enclave/shield/shielded_place.h"

#include <linux/fs.h>

#include <new>

#include "enclave/file/mode.h"
#include "enclave/file/regions.h"
#include "enclave/shield/permission.h"
#include "enclave/shield/region_map.h"
#include "enclave/shield/regular_inode.h"
#include "enclave/shield/shielded_file.h"

namespace scone::shield {
namespace {

constexpr uint32_t kNoReplace = 1, kExchange = 2;  // RENAME_NOREPLACE, RENAME_EXCHANGE

int access_wanted(int flags) {
  const int mode = flags & O_ACCMODE;
  return (mode != O_WRONLY ? kRead : 0) | (mode != O_RDONLY || flags & O_TRUNC ? kWrite : 0);
}

}  // namespace

Result<ShieldedPlace*> ShieldedPlace::create(Found found, std::string_view path) {
  auto* place = new (std::nothrow) ShieldedPlace(std::move(found));
  if (!place) return Errno(ENOMEM);
  place->path_.append(path);
  if (place->path_.status().ok()) return place;
  delete place;
  return Errno(ENOMEM);
}

std::string_view ShieldedPlace::name() const {
  const std::string_view path = path_.view();
  return path.substr(path.rfind('/') + 1);
}

Result<Inode*> ShieldedPlace::existing() const {
  if (!found_.inode) return Errno(ENOENT);
  return found_.inode.get();
}

Result<Ref<Inode>> ShieldedPlace::create_inode(Kind kind, uint32_t mode, std::string_view target) {
  if (found_.inode || !found_.directory) return Errno(EEXIST);
  if (found_.directory_wanted && kind != Kind::kDirectory) return Errno(ENOENT);
  TRY(may(*found_.directory, kWrite | kExecute));
  const Attributes attributes =
      new_attributes(*found_.directory, mode, kind == Kind::kSymlink ? 0 : region_map().umask());
  return found_.directory->create(name(), kind, attributes, target);
}

Result<Ref<file::File>> ShieldedPlace::open_existing(int flags) {
  Inode& inode = *found_.inode;
  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return Errno(EEXIST);
  if (inode.kind() == Kind::kSymlink && !(flags & O_PATH)) return Errno(ELOOP);
  if (flags & O_DIRECTORY && !inode.is_directory()) return Errno(ENOTDIR);
  if (!(flags & O_PATH)) {
    if (inode.is_directory() && (flags & O_CREAT || (flags & O_ACCMODE) != O_RDONLY)) return Errno(EISDIR);
    TRY(may(inode, access_wanted(flags)));
    if (flags & O_TRUNC && inode.regular()) {
      TRY(inode.regular()->open());
      Result<void> emptied = inode.regular()->truncate(0);
      inode.regular()->close();
      TRY(emptied);
    }
  }
  return ShieldedFile::open(found_.inode, path_.view(), flags);
}

Result<Ref<file::File>> ShieldedPlace::open(int flags, uint32_t mode) {
  constexpr int kTemporary = 020000000;  // O_TMPFILE without O_DIRECTORY
  if (flags & kTemporary && !(flags & O_PATH)) return Errno(EOPNOTSUPP);
  if (found_.inode) return open_existing(flags);
  if (!(flags & O_CREAT) || flags & O_PATH) return Errno(ENOENT);
  if (found_.directory_wanted) return Errno(EISDIR);
  Result<Ref<Inode>> made = create_inode(Kind::kFile, mode, {});
  // Another thread was faster.
  if (!made.ok() && made.error() == Errno(EEXIST) && !(flags & O_EXCL))
    made = found_.directory->lookup(name());
  return ShieldedFile::open(TRY(std::move(made)), path_.view(), flags);
}

Result<void> ShieldedPlace::stat(struct ::stat& result) const {
  fill_stat(*TRY(existing()), result);
  return ok();
}

Result<void> ShieldedPlace::statfs(struct ::statfs& result) const { return TRY(existing())->statfs(result); }

Result<void> ShieldedPlace::read_link(file::PathName& target) const {
  return TRY(existing())->target(target);
}

Result<void> ShieldedPlace::access(int mode) const {
  Inode* inode = TRY(existing());
  return mode == 0 ? ok() : may(*inode, mode);
}

Result<void> ShieldedPlace::make_directory(uint32_t mode) {
  (void)TRY(create_inode(Kind::kDirectory, mode, {}));
  return ok();
}

Result<void> ShieldedPlace::make_node(uint32_t mode) {
  const uint32_t type = mode & file::kModeType;
  if (found_.inode) return Errno(EEXIST);
  if (type != 0 && type != file::kModeRegular) return Errno(EPERM);
  (void)TRY(create_inode(Kind::kFile, mode, {}));
  return ok();
}

Result<void> ShieldedPlace::make_symlink(std::string_view target) {
  (void)TRY(create_inode(Kind::kSymlink, 0777, target));
  return ok();
}

Result<void> ShieldedPlace::remove(bool directory) {
  Inode* inode = TRY(existing());
  if (!found_.directory) return Errno(EBUSY);
  if (found_.directory_wanted && !directory) return inode->is_directory() ? Errno(EISDIR) : Errno(ENOTDIR);
  TRY(may_remove(*found_.directory, *inode));
  return found_.directory->remove(name(), directory);
}

Result<void> ShieldedPlace::rename_to(file::InsideNode& other, uint32_t flags) {
  // SAFETY: the only other kind, /proc/self's, answers EPERM to what it is asked here.
  if (other.between_systems() != Errno(EXDEV)) return Errno(EXDEV);
  auto& to = static_cast<ShieldedPlace&>(other);
  if (flags & ~(kNoReplace | kExchange) || flags == (kNoReplace | kExchange)) return Errno(EINVAL);
  Inode* inode = TRY(existing());
  if (!found_.directory || !to.found_.directory) return Errno(EBUSY);
  if (found_.directory->system() != to.found_.directory->system()) return Errno(EXDEV);
  if ((found_.directory_wanted || to.found_.directory_wanted) && !inode->is_directory())
    return Errno(ENOTDIR);
  TRY(may_remove(*found_.directory, *inode));
  if (to.found_.inode)
    TRY(may_remove(*to.found_.directory, *to.found_.inode));
  else
    TRY(may(*to.found_.directory, kWrite | kExecute));
  const RenameMode mode = flags & kExchange    ? RenameMode::kExchange
                          : flags & kNoReplace ? RenameMode::kNoReplace
                                               : RenameMode::kReplace;
  return found_.directory->rename(name(), *to.found_.directory, to.name(), mode);
}

Result<void> ShieldedPlace::truncate(uint64_t size) {
  Inode* inode = TRY(existing());
  if (inode->is_directory()) return Errno(EISDIR);
  RegularInode* content = inode->regular();
  if (!content) return Errno(EINVAL);
  TRY(may(*inode, kWrite));
  TRY(content->open());
  Result<void> result = content->truncate(size);
  content->close();
  return result;
}

Result<void> ShieldedPlace::change(const file::AttributeChange& change) {
  Inode* inode = TRY(existing());
  TRY(may_change(*inode, change));
  return inode->change(change);
}

Result<void> ShieldedPlace::enter() {
  Inode* inode = TRY(existing());
  if (!inode->is_directory()) return Errno(ENOTDIR);
  TRY(may(*inode, kExecute));
  return file::regions->entered(path_.view());
}

}  // namespace scone::shield
