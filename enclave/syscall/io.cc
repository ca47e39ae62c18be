#include "enclave/syscall/io.h"

#include <linux/fs.h>

#include <optional>

#include "enclave/file/fd_table.h"

namespace scone::syscall {
namespace {

using file::File;
using file::IoVector;

constexpr int kHighPriority = 1;  // RWF_HIPRI

Result<Ref<File>> readable(int fd) {
  Ref<File> file = TRY(file::fd_table().get(fd));
  if (!file->readable()) return Errno(EBADF);
  return file;
}

Result<Ref<File>> writable(int fd) {
  Ref<File> file = TRY(file::fd_table().get(fd));
  if (!file->writable()) return Errno(EBADF);
  return file;
}

Result<void> check_size(size_t count) { return static_cast<int64_t>(count) < 0 ? Errno(EINVAL) : ok(); }

Result<uint64_t> checked_offset(int64_t offset) {
  if (offset < 0) return Errno(EINVAL);
  return static_cast<uint64_t>(offset);
}

// IoVector does not tell what is only read from what is only written.
AppPtr<void> without_const(AppPtr<const void> buffer) { return AppPtr<void>(buffer.address()); }

Result<size_t> read_vector(int fd, AppPtr<const void> vector, size_t count, std::optional<uint64_t> offset) {
  Ref<File> file = TRY(readable(fd));
  IoVector to = TRY(IoVector::from_app(vector, count));
  return file->read(to, offset);
}

Result<size_t> write_vector(int fd, AppPtr<const void> vector, size_t count, std::optional<uint64_t> offset) {
  Ref<File> file = TRY(writable(fd));
  IoVector from = TRY(IoVector::from_app(vector, count));
  return file->write(from, offset);
}

Result<std::optional<uint64_t>> offset_or_position(int64_t offset, int flags) {
  if (flags & ~kHighPriority) return Errno(EOPNOTSUPP);
  if (offset == -1) return std::optional<uint64_t>();
  return std::optional<uint64_t>(TRY(checked_offset(offset)));
}

}  // namespace

Result<size_t> sys_read(int fd, AppPtr<void> buffer, size_t count) {
  Ref<File> file = TRY(readable(fd));
  TRY(check_size(count));
  IoVector to(buffer, count);
  return file->read(to, std::nullopt);
}

Result<size_t> sys_write(int fd, AppPtr<const void> buffer, size_t count) {
  Ref<File> file = TRY(writable(fd));
  TRY(check_size(count));
  IoVector from(without_const(buffer), count);
  return file->write(from, std::nullopt);
}

Result<size_t> sys_pread64(int fd, AppPtr<void> buffer, size_t count, int64_t offset) {
  const uint64_t position = TRY(checked_offset(offset));
  Ref<File> file = TRY(readable(fd));
  TRY(check_size(count));
  IoVector to(buffer, count);
  return file->read(to, position);
}

Result<size_t> sys_pwrite64(int fd, AppPtr<const void> buffer, size_t count, int64_t offset) {
  const uint64_t position = TRY(checked_offset(offset));
  Ref<File> file = TRY(writable(fd));
  TRY(check_size(count));
  IoVector from(without_const(buffer), count);
  return file->write(from, position);
}

Result<size_t> sys_readv(int fd, AppPtr<const void> vector, size_t count) {
  return read_vector(fd, vector, count, std::nullopt);
}

Result<size_t> sys_writev(int fd, AppPtr<const void> vector, size_t count) {
  return write_vector(fd, vector, count, std::nullopt);
}

Result<size_t> sys_preadv(int fd, AppPtr<const void> vector, size_t count, int64_t offset, uint64_t) {
  return read_vector(fd, vector, count, TRY(checked_offset(offset)));
}

Result<size_t> sys_pwritev(int fd, AppPtr<const void> vector, size_t count, int64_t offset, uint64_t) {
  return write_vector(fd, vector, count, TRY(checked_offset(offset)));
}

Result<size_t> sys_preadv2(int fd, AppPtr<const void> vector, size_t count, int64_t offset, uint64_t,
                           int flags) {
  return read_vector(fd, vector, count, TRY(offset_or_position(offset, flags)));
}

Result<size_t> sys_pwritev2(int fd, AppPtr<const void> vector, size_t count, int64_t offset, uint64_t,
                            int flags) {
  return write_vector(fd, vector, count, TRY(offset_or_position(offset, flags)));
}

Result<uint64_t> sys_lseek(int fd, int64_t offset, int whence) {
  Ref<File> file = TRY(file::fd_table().get(fd));
  if (file->flags() & O_PATH) return Errno(EBADF);
  if (whence < SEEK_SET || whence > SEEK_HOLE) return Errno(EINVAL);
  return file->seek(offset, whence);
}

}  // namespace scone::syscall
