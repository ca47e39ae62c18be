#include "enclave/shield/shielded_file.h"

#include <asm/ioctls.h>
#include <asm/stat.h>
#include <linux/fs.h>

#include <new>

#include "base/min_max.h"
#include "enclave/file/dirent.h"
#include "enclave/file/mode.h"
#include "enclave/file/regions.h"
#include "enclave/shield/permission.h"
#include "enclave/shield/shielded_backing.h"

namespace scone::shield {
namespace {

constexpr uint64_t kNanoseconds = 1'000'000'000;

template <typename Kind, typename... Arguments>
Result<Ref<ShieldedFile>> make(Arguments&&... arguments) {
  auto* file = new (std::nothrow) Kind(std::forward<Arguments>(arguments)...);
  if (!file) return Errno(ENOMEM);
  return Ref<ShieldedFile>::adopt(file);
}

// The constructor of ShieldedFile is not public.
class NamedOnly final : public ShieldedFile {
 public:
  NamedOnly(Ref<Inode> inode, int flags) : ShieldedFile(std::move(inode), flags) {}
  std::string_view inside_path() const override {
    return inode().is_directory() ? program_path() : std::string_view();
  }
};

uint32_t type_bits(Kind kind) {
  if (kind == Kind::kDirectory) return file::kModeDirectory;
  return kind == Kind::kSymlink ? file::kModeLink : file::kModeRegular;
}

uint8_t dirent_type(Kind kind) {
  if (kind == Kind::kDirectory) return file::kDirentDirectory;
  return kind == Kind::kSymlink ? file::kDirentLink : file::kDirentRegular;
}

}  // namespace

void fill_stat(Inode& inode, struct ::stat& result) {
  const Attributes attributes = inode.attributes();
  result = {};
  result.st_dev = inode.device();
  result.st_ino = inode.number();
  result.st_mode = attributes.mode | type_bits(inode.kind());
  result.st_nlink = inode.link_count();
  result.st_uid = attributes.user;
  result.st_gid = attributes.group;
  result.st_size = static_cast<int64_t>(inode.size());
  result.st_blksize = kPageSize;
  result.st_blocks = static_cast<int64_t>(inode.stored_bytes() / 512);
  const auto set = [](int64_t time, auto& seconds, auto& nanoseconds) {
    seconds = static_cast<uint64_t>(time) / kNanoseconds;
    nanoseconds = static_cast<uint64_t>(time) % kNanoseconds;
  };
  set(attributes.access_time, result.st_atime, result.st_atime_nsec);
  set(attributes.modification_time, result.st_mtime, result.st_mtime_nsec);
  set(attributes.change_time, result.st_ctime, result.st_ctime_nsec);
}

Result<Ref<file::File>> ShieldedFile::open(Ref<Inode> inode, std::string_view path, int flags) {
  RegularInode* content = inode->regular();
  Ref<ShieldedFile> file;
  if (flags & O_PATH) {
    file = TRY(make<NamedOnly>(std::move(inode), flags));
  } else if (inode->is_directory()) {
    file = TRY(make<ShieldedDirectory>(std::move(inode), flags));
  } else {
    TRY(content->open());
    auto made = make<ShieldedRegularFile>(std::move(inode), flags);
    if (!made.ok()) {
      content->close();
      return made.error();
    }
    file = made.take();
  }
  TRY(file->set_path(path));
  return Ref<file::File>(std::move(file));
}

Result<void> ShieldedFile::set_path(std::string_view path) {
  path_.append(path);
  path_.append_char('\0');
  return path_.status();
}

std::string_view ShieldedFile::program_path() const {
  return path_.view().substr(0, path_.view().size() - 1);
}

Result<void> ShieldedFile::stat(struct ::stat& result) {
  fill_stat(*inode_, result);
  return ok();
}

Result<void> ShieldedFile::change(const file::AttributeChange& change) {
  TRY(may_change(*inode_, change));
  return inode_->change(change);
}

Result<void> ShieldedFile::sync(bool) { return inode_->sync(); }

Result<Ref<file::File>> ShieldedFile::reopen(int flags) {
  if (inode_->kind() == Kind::kSymlink) return Errno(ELOOP);
  const int mode = flags & O_ACCMODE;
  TRY(may(*inode_, mode == O_RDONLY ? kRead : mode == O_WRONLY ? kWrite : kRead | kWrite));
  if (flags & O_TRUNC && mode != O_RDONLY && inode_->regular()) TRY(inode_->regular()->truncate(0));
  return open(inode_, program_path(), flags);
}

Result<void> ShieldedFile::set_flags(int flags) {
  change_flags(O_APPEND | O_NONBLOCK | O_NOATIME, flags);
  return ok();
}

Result<void> ShieldedFile::enter() {
  if (!inode_->is_directory()) return Errno(ENOTDIR);
  TRY(may(*inode_, kExecute));
  return file::regions->entered(program_path());
}

ShieldedRegularFile::~ShieldedRegularFile() {
  content().locks().drop_locks_of(*this);
  content().close();
}

Result<size_t> ShieldedRegularFile::read(file::IoVector& to, std::optional<uint64_t> offset) {
  if (offset) return content().read(*offset, to);
  sched::MutexGuard guard(position_lock_);
  const size_t count = TRY(content().read(position_, to));
  position_ += count;
  return count;
}

Result<size_t> ShieldedRegularFile::write_at(file::IoVector& from, std::optional<uint64_t> offset,
                                             uint64_t& end) {
  const size_t count = TRY(content().write(offset, from, end));
  if (count > 0 && flags() & (O_SYNC | O_DSYNC)) TRY(inode().sync());
  return count;
}

Result<size_t> ShieldedRegularFile::write(file::IoVector& from, std::optional<uint64_t> offset) {
  uint64_t end = 0;
  const bool append = flags() & O_APPEND;
  // With O_APPEND a given offset is ignored: pwrite(2), BUGS.
  if (offset) return write_at(from, append ? std::nullopt : offset, end);
  sched::MutexGuard guard(position_lock_);
  const size_t count = TRY(write_at(from, append ? std::nullopt : std::optional(position_), end));
  if (count > 0) position_ = end;
  return count;
}

// position_lock_ held.
Result<uint64_t> ShieldedRegularFile::target_of(int64_t offset, int whence) {
  if (whence == SEEK_DATA || whence == SEEK_HOLE) {
    if (offset < 0) return Errno(ENXIO);
    const auto from = static_cast<uint64_t>(offset);
    return whence == SEEK_DATA ? content().seek_data(from) : content().seek_hole(from);
  }
  if (whence < SEEK_SET || whence > SEEK_END) return Errno(EINVAL);
  const uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position_ : content().size();
  uint64_t position;
  if (__builtin_add_overflow(base, offset, &position) || static_cast<int64_t>(position) < 0)
    return Errno(EINVAL);
  return position;
}

Result<uint64_t> ShieldedRegularFile::seek(int64_t offset, int whence) {
  sched::MutexGuard guard(position_lock_);
  return position_ = TRY(target_of(offset, whence));
}

Result<uint64_t> ShieldedRegularFile::ioctl(uint32_t request, uint64_t argument) {
  if (request != FIONREAD) return Errno(ENOTTY);
  sched::MutexGuard guard(position_lock_);
  TRY(boundary::write_app(AppPtr<int>(argument), static_cast<int>(content().size() - position_)));
  return uint64_t{0};
}

Result<Ref<mm::Backing>> ShieldedRegularFile::backing(bool write_shared) {
  if (!readable() || (write_shared && !writable())) return Errno(EACCES);
  sched::MutexGuard guard(position_lock_);
  if (!backing_) backing_ = TRY(ShieldedBacking::create(inode_reference(), program_path()));
  return backing_;
}

Result<size_t> ShieldedDirectory::read_directory(file::IoVector& to) {
  sched::MutexGuard guard(lock_);
  file::Text records;
  uint64_t position = position_;
  const auto fits = [&](size_t name) {
    return records.view().size() + file::dirent_size(name) <= to.remaining();
  };
  bool more = true;
  for (; position < 2 && (more = fits(2)); ++position)
    file::append_dirent(records, inode().number(), static_cast<int64_t>(position + 1), file::kDirentDirectory,
                        position == 0 ? "." : "..");
  DirectoryEntry entry;
  while (more && inode().next_entry(position - 2, entry)) {
    if (!(more = fits(entry.name.view().size()))) break;
    position = entry.cursor + 2;
    file::append_dirent(records, entry.number, static_cast<int64_t>(position), dirent_type(entry.kind),
                        entry.name.view());
  }
  TRY(records.status());
  if (records.view().empty()) return more ? Result<size_t>(size_t{0}) : Errno(EINVAL);
  const size_t count = TRY(to.scatter(records.view().data(), records.view().size()));
  position_ = position;
  return count;
}

Result<uint64_t> ShieldedDirectory::seek(int64_t offset, int whence) {
  sched::MutexGuard guard(lock_);
  if (whence != SEEK_SET && whence != SEEK_CUR) return Errno(EINVAL);
  uint64_t position;
  if (__builtin_add_overflow(whence == SEEK_CUR ? position_ : 0, offset, &position) ||
      static_cast<int64_t>(position) < 0)
    return Errno(EINVAL);
  return position_ = position;
}

}  // namespace scone::shield
