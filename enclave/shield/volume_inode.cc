#include "enclave/shield/volume_inode.h"

#include <asm/statfs.h>
#include <linux/magic.h>

#include "enclave/file/generated_file.h"
#include "enclave/shield/background_sync.h"

namespace scone::shield {
namespace {

using sched::ExclusiveGuard;
using sched::SharedGuard;

constexpr uint64_t kFirstDevice = 0x5c0'000'01;  // major 0: no device's

Kind kind_of(const volume::Node& node) {
  if (node.is_directory()) return Kind::kDirectory;
  return node.type() == volume::NodeType::kSymlink ? Kind::kSymlink : Kind::kFile;
}

volume::Attributes to_volume(const Attributes& from) {
  volume::Attributes to;
  to.mode = static_cast<uint16_t>(from.mode);
  to.uid = from.user;
  to.gid = from.group;
  to.atime = from.access_time;
  to.mtime = from.modification_time;
  to.ctime = from.change_time;
  return to;
}

// Under Linux a name that was taken away or replaced stays so when the process is killed, and programs commit with that: SQLite by
// removing its journal, many others by a rename. Here names live in the process until a commit, so there is one now. If it fails, the
// next fsync(2) tells.
void keep_names(volume::Volume& volume, volume::Node& directory) { (void)volume.sync(directory).ok(); }

}  // namespace

Result<volume::Node*> VolumeInode::require() const {
  if (!node_) return Errno(ENOENT);
  return node_;
}

template <typename Base>
uint64_t VolumeFacts<Base>::device() const {
  return kFirstDevice + system_->index;
}

template <typename Base>
Attributes VolumeFacts<Base>::attributes() {
  SharedGuard guard(mount().lock());
  Attributes to;
  if (!node()) return to;
  const volume::Attributes& from = node()->attributes();
  to.mode = from.mode;
  to.user = from.uid;
  to.group = from.gid;
  to.access_time = from.atime;
  to.modification_time = from.mtime;
  to.change_time = from.ctime;
  return to;
}

template <typename Base>
uint32_t VolumeFacts<Base>::link_count() {
  SharedGuard guard(mount().lock());
  return node() ? node()->link_count() : 0;
}

template <typename Base>
uint64_t VolumeFacts<Base>::stored_bytes() {
  SharedGuard guard(mount().lock());
  return node() ? node()->stored_bytes() : 0;
}

template <typename Base>
Result<void> VolumeFacts<Base>::change(const file::AttributeChange& change) {
  ExclusiveGuard guard(mount().lock());
  volume::Node& node = *TRY(require());
  const volume::Attributes now = node.attributes();
  sync_soon();
  if (change.mode) TRY(mount().volume().set_mode(node, static_cast<uint16_t>(*change.mode)));
  if (change.user || change.group)
    TRY(mount().volume().set_owner(node, change.user.value_or(now.uid), change.group.value_or(now.gid)));
  if (change.access_time || change.modification_time)
    TRY(mount().volume().set_times(node, change.access_time.value_or(now.atime),
                                   change.modification_time.value_or(now.mtime)));
  return ok();
}

template <typename Base>
Result<void> VolumeFacts<Base>::sync() {
  ExclusiveGuard guard(mount().lock());
  return mount().volume().sync(*TRY(require()));
}

template <typename Base>
Result<void> VolumeFacts<Base>::statfs(struct ::statfs& result) {
  SharedGuard guard(mount().lock());
  const volume::Storage::Space space = TRY(mount().volume().space(*system_));
  file::fill_statfs(result, TMPFS_MAGIC);
  result.f_blocks = space.total_bytes / kPageSize;
  result.f_bfree = result.f_bavail = space.free_bytes / kPageSize;
  result.f_files = space.total_files;
  result.f_ffree = space.free_files;
  return ok();
}

template class VolumeFacts<Inode>;
template class VolumeFacts<RegularInode>;

uint64_t VolumeSymlink::size() {
  SharedGuard guard(mount().lock());
  return node() ? node()->size() : 0;
}

Result<void> VolumeSymlink::target(file::PathName& result) {
  SharedGuard guard(mount().lock());
  return result.set(TRY(require())->target());
}

Result<Ref<Inode>> VolumeDirectory::lookup(std::string_view name) {
  SharedGuard guard(mount().lock());
  return mount().inode_of(*TRY(mount().volume().lookup(*TRY(require()), name)));
}

Result<Ref<Inode>> VolumeDirectory::create(std::string_view name, Kind kind, const Attributes& attributes,
                                           std::string_view target) {
  ExclusiveGuard guard(mount().lock());
  volume::Node& directory = *TRY(require());
  volume::Volume& volume = mount().volume();
  const volume::Attributes wanted = to_volume(attributes);
  volume::Node* made = TRY(kind == Kind::kDirectory ? volume.make_directory(directory, name, wanted)
                           : kind == Kind::kSymlink ? volume.make_symlink(directory, name, target, wanted)
                                                    : volume.create_file(directory, name, wanted));
  sync_soon();
  return mount().inode_of(*made);
}

Result<void> VolumeDirectory::remove(std::string_view name, bool directory) {
  ExclusiveGuard guard(mount().lock());
  volume::Node& here = *TRY(require());
  volume::Volume& volume = mount().volume();
  volume::Node& victim = *TRY(volume.lookup(here, name));
  if (!directory && victim.is_directory()) return Errno(EISDIR);
  if (directory && !victim.is_directory()) return Errno(ENOTDIR);
  TRY(mount().removing(
      &victim, [&] { return directory ? volume.remove_directory(here, name) : volume.unlink(here, name); }));
  if (directory)
    sync_soon();
  else
    keep_names(volume, here);
  return ok();
}

// What a file got before it was renamed is committed with its new name: a replacement must never be empty after a crash.
Result<void> VolumeDirectory::store_contents(std::string_view name) {
  const Result<Ref<Inode>> inode = lookup(name);
  RegularInode* file = inode.ok() ? inode.value()->regular() : nullptr;
  return file ? file->store_dirty() : ok();
}

Result<void> VolumeDirectory::rename(std::string_view name, Inode& to, std::string_view new_name,
                                     RenameMode mode) {
  if (!to.is_directory()) return Errno(ENOTDIR);
  TRY(store_contents(name));
  // SAFETY: `to` is of the same system, so of this class.
  if (mode == RenameMode::kExchange) TRY(static_cast<VolumeDirectory&>(to).store_contents(new_name));
  ExclusiveGuard guard(mount().lock());
  volume::Volume& volume = mount().volume();
  volume::Node& from_node = *TRY(require());
  // SAFETY: `to` is of the same system, so of this class.
  volume::Node& to_node = *TRY(static_cast<VolumeDirectory&>(to).require());
  volume::Node* victim = nullptr;
  if (mode == RenameMode::kReplace) {
    Result<volume::Node*> old = volume.lookup(to_node, new_name);
    Result<volume::Node*> moved = volume.lookup(from_node, name);
    if (old.ok() && moved.ok() && old.value() != moved.value()) victim = old.value();
  }
  const volume::RenameMode how = mode == RenameMode::kExchange    ? volume::RenameMode::kExchange
                                 : mode == RenameMode::kNoReplace ? volume::RenameMode::kNoReplace
                                                                  : volume::RenameMode::kReplace;
  TRY(mount().removing(victim, [&] { return volume.rename(from_node, name, to_node, new_name, how); }));
  keep_names(volume, to_node);
  return ok();
}

bool VolumeDirectory::next_entry(uint64_t after, DirectoryEntry& entry) {
  SharedGuard guard(mount().lock());
  if (!node()) return false;
  const volume::Node* next = volume::Volume::next_entry(*node(), after, &entry.cursor);
  if (!next) return false;
  entry.number = next->id();
  entry.kind = kind_of(*next);
  entry.name = {};
  entry.name.append(next->name());
  return true;
}

}  // namespace scone::shield
