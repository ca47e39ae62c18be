#include "enclave/file/seekable_file.h"

#include <asm/ioctls.h>
#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fs.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/delegation.h"
#include "enclave/file/foresight.h"
#include "enclave/file/host_backing.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/mode.h"
#include "enclave/file/path_habits.h"
#include "enclave/file/read_ahead.h"
#include "enclave/file/round_cache.h"
#include "enclave/file/transfer.h"
#include "enclave/file/write_behind.h"

namespace scone::file {
namespace {

// From what the host said when the file was just opened, if that has it.
std::optional<Result<size_t>> read_snapshot(const HostDescriptor& descriptor, IoVector& to, uint64_t offset) {
  Ref<Snapshot> snapshot = round_cache::find(descriptor);
  if (snapshot && !snapshot->has_content)
    path_habits::note_read(snapshot->path_hash, static_cast<uint64_t>(snapshot->stat.st_size));
  if (!snapshot || !snapshot->has_content) return std::nullopt;
  const auto size = static_cast<uint64_t>(snapshot->stat.st_size);
  if (offset >= size) return Result<size_t>(size_t{0});
  return to.scatter(snapshot->answer, snapshot->content_offset + offset, min_of(to.remaining(), size - offset));
}

// From what was asked behind a lock.
std::optional<Result<size_t>> read_known(const HostDescriptor& file, IoVector& to, uint64_t offset) {
  const size_t length = to.remaining();
  if (length == 0 || length > foresight::Inquiry::kMaxRead || !foresight::is_of_use()) return std::nullopt;
  auto known = foresight::find(foresight::Inquiry::read(file.number(), offset, length));
  if (!known) return std::nullopt;
  Result<uint64_t> count = boundary::check_result(known->result);
  if (!count.ok()) return Result<size_t>(count.error());
  return to.scatter(known->bytes, 0, boundary::check_count(count.value(), length));
}

Result<size_t> pread(const HostDescriptor& file, IoVector& to, uint64_t offset) {
  if (Delegation* delegation = file.delegation())
    if (auto read = delegation->read(to, offset)) return std::move(*read);
  TRY(file.check_locks());
  if (auto read = read_snapshot(file, to, offset)) return std::move(*read);
  if (auto read = read_known(file, to, offset)) return std::move(*read);
  return read_ahead::read(file, to, offset);
}

Result<size_t> pwrite(uint64_t descriptor, IoVector& from, uint64_t offset) {
  return push(from, [&](uint64_t address, size_t length, size_t done) {
    return host_call(__NR_pwrite64, descriptor, address, length, offset + done);
  });
}

Result<size_t> read_on(uint64_t descriptor, IoVector& to) {
  return pull(to, [&](uint64_t address, size_t length, size_t) {
    return host_call(__NR_read, descriptor, address, length);
  });
}

Result<size_t> write_on(uint64_t descriptor, IoVector& from) {
  return push(from, [&](uint64_t address, size_t length, size_t) {
    return host_call(__NR_write, descriptor, address, length);
  });
}

Result<uint64_t> checked_position(uint64_t position) {
  if (static_cast<int64_t>(position) < 0) return Errno(EOVERFLOW);
  return position;
}

}  // namespace

Result<uint64_t> SeekableFile::locate() {
  if (ask_host_) {
    position_ = TRY(checked_position(TRY(host_call(__NR_lseek, number(), 0, SEEK_CUR))));
    ask_host_ = false;
  }
  return position_;
}

Result<size_t> SeekableFile::read(IoVector& to, std::optional<uint64_t> offset) {
  if (offset) return pread(*descriptor(), to, *offset);
  sched::MutexGuard guard(position_lock_);
  if (keeper_ == PositionKeeper::kHost) return read_on(number(), to);
  const size_t count = TRY(pread(*descriptor(), to, TRY(locate())));
  position_ += count;
  return count;
}

Result<size_t> SeekableFile::write_at(IoVector& from, uint64_t offset) {
  const size_t length = from.remaining();
  Delegation* delegation = descriptor()->delegation();
  bool waits = (mode_ & kModeType) == kModeRegular && keeper_ == PositionKeeper::kEnclave &&
               write_behind::may_wait(*descriptor(), flags(), length);
  std::span<const uint8_t> bytes;
  if (waits) {
    auto gathered = write_behind::gather(from);
    if (!gathered.ok() && gathered.error() != Errno(ENOMEM)) return gathered.error();
    waits = gathered.ok();
    if (waits) bytes = gathered.value();
  }
  const auto write = [&]() -> Result<size_t> {
    if (!waits) return pwrite(number(), from, offset);
    if (write_behind::post(descriptor(), offset, bytes).ok()) return bytes.size();
    // SAFETY: the runtime's own copy, which is only read.
    IoVector copy = IoVector::of_runtime(const_cast<uint8_t*>(bytes.data()), bytes.size());
    return pwrite(number(), copy, offset);
  };
  return delegation ? delegation->write_through(offset, length, bytes, write) : write();
}

Result<size_t> SeekableFile::write(IoVector& from, std::optional<uint64_t> offset) {
  TRY(descriptor()->take_write_error());
  TRY(descriptor()->check_locks());
  // The host's description has O_APPEND as well, so this appends, too: pwrite(2), BUGS.
  if (offset) return write_at(from, *offset);
  sched::MutexGuard guard(position_lock_);
  if (keeper_ == PositionKeeper::kHost) return write_on(number(), from);
  if (flags() & O_APPEND) {
    descriptor()->recall(true);
    const size_t count = TRY(write_on(number(), from));
    if (count > 0) ask_host_ = true;
    return count;
  }
  const size_t count = TRY(write_at(from, TRY(locate())));
  position_ += count;
  return count;
}

Result<void> SeekableFile::stat(struct ::stat& result) {
  Ref<Snapshot> snapshot = round_cache::find(*descriptor());
  if (!snapshot) return HostFile::stat(result);
  result = snapshot->stat;
  return ok();
}

Result<uint64_t> SeekableFile::seek(int64_t offset, int whence) {
  sched::MutexGuard guard(position_lock_);
  // Devices have their own ideas (lseek on /dev/null is always 0).
  const bool simple = (mode_ & kModeType) == kModeRegular && (whence == SEEK_SET || whence == SEEK_CUR);
  if (simple && keeper_ == PositionKeeper::kEnclave) return seek_inside(offset, whence);
  if (keeper_ == PositionKeeper::kEnclave && whence == SEEK_CUR) {
    if (__builtin_add_overflow(TRY(locate()), offset, &offset)) return Errno(EOVERFLOW);
    whence = SEEK_SET;
  }
  return seek_on_host(offset, whence);
}

Result<uint64_t> SeekableFile::seek_inside(int64_t offset, int whence) {
  const uint64_t base = whence == SEEK_CUR ? TRY(locate()) : 0;
  uint64_t position;
  if (__builtin_add_overflow(base, offset, &position) || static_cast<int64_t>(position) < 0)
    return Errno(EINVAL);
  position_ = position;
  ask_host_ = false;
  return position;
}

Result<uint64_t> SeekableFile::seek_on_host(int64_t offset, int whence) {
  const uint64_t answer =
      TRY(host_call(__NR_lseek, number(), static_cast<uint64_t>(offset), static_cast<uint64_t>(whence)));
  position_ = TRY(checked_position(answer));
  ask_host_ = false;
  return position_;
}

// FIONREAD counts from the position, of which the host knows nothing.
Result<uint64_t> SeekableFile::ioctl(uint32_t request, uint64_t argument) {
  if (request != FIONREAD || (mode_ & kModeType) != kModeRegular) return HostFile::ioctl(request, argument);
  sched::MutexGuard guard(position_lock_);
  if (keeper_ == PositionKeeper::kHost) return HostFile::ioctl(request, argument);
  TRY(boundary::write_app(AppPtr<int>(argument), TRY(bytes_left())));
  return uint64_t{0};
}

// As the kernel: the difference, cut to an int.
Result<int> SeekableFile::bytes_left() {
  struct ::stat stat;
  TRY(host_stat(*descriptor(), stat));
  return static_cast<int>(stat.st_size - static_cast<int64_t>(TRY(locate())));
}

Result<void> SeekableFile::set_flags(int flags) {
  sched::MutexGuard guard(position_lock_);
  TRY(locate());
  return HostFile::set_flags(flags);
}

Result<Ref<mm::Backing>> SeekableFile::backing(bool write_shared) {
  if (!readable() || (write_shared && !writable())) return Errno(EACCES);
  sched::MutexGuard guard(position_lock_);
  descriptor()->recall(true);
  if (!backing_) backing_ = TRY(HostFileBacking::create(descriptor()));
  return backing_;
}

}  // namespace scone::file
