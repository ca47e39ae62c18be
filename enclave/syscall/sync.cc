#include "enclave/syscall/sync.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/regions.h"

namespace scone::syscall {
namespace {

// The descriptor must be one of the host's that is not only a path; `otherwise` if the file is not forwarded.
Result<Ref<file::File>> host_file(int fd, Errno otherwise) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  if (file->flags() & O_PATH) return Errno(EBADF);
  if (!file->as_host_file()) return otherwise;
  return file;
}

uint64_t number_of(const Ref<file::File>& file) { return file->as_host_file()->number(); }

// A file of the enclave's own with contents that are kept: it knows locks, as files on disks do.
bool is_shielded(int fd) {
  Result<Ref<file::File>> file = file::fd_table().get(fd);
  return file.ok() && file.value()->locks() && !(file.value()->flags() & O_PATH);
}

Result<int> synchronize(int fd, bool data_only) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  if (file->flags() & O_PATH) return Errno(EBADF);
  TRY(file->sync(data_only));
  return 0;
}

}  // namespace

Result<int> sys_fsync(int fd) { return synchronize(fd, false); }

Result<int> sys_fdatasync(int fd) { return synchronize(fd, true); }

Result<int> sys_sync() {
  if (file::regions) TRY(file::regions->sync_all());
  TRY(host_call_blocking(__NR_sync));
  return 0;
}

Result<int> sys_syncfs(int fd) {
  if (is_shielded(fd)) return synchronize(fd, false);
  Ref<file::File> file = TRY(host_file(fd, Errno(EINVAL)));
  TRY(host_call_blocking(__NR_syncfs, number_of(file)));
  return 0;
}

Result<int> sys_sync_file_range(int fd, int64_t offset, int64_t length, uint32_t flags) {
  if (is_shielded(fd)) return synchronize(fd, true);
  Ref<file::File> file = TRY(host_file(fd, Errno(ESPIPE)));
  TRY(host_call_blocking(__NR_sync_file_range, number_of(file), static_cast<uint64_t>(offset),
                         static_cast<uint64_t>(length), flags));
  return 0;
}

Result<int> sys_fallocate(int fd, int mode, int64_t offset, int64_t length) {
  if (is_shielded(fd)) {
    if (offset < 0 || length <= 0) return Errno(EINVAL);
    Ref<file::File> file = TRY(file::fd_table().get(fd));
    if (!file->writable()) return Errno(EBADF);
    TRY(file->reserve(mode, static_cast<uint64_t>(offset), static_cast<uint64_t>(length)));
    return 0;
  }
  Ref<file::File> file = TRY(host_file(fd, Errno(ENODEV)));
  file->as_host_file()->descriptor()->recall(false);
  TRY(host_call_blocking(__NR_fallocate, number_of(file), static_cast<uint64_t>(mode),
                         static_cast<uint64_t>(offset), static_cast<uint64_t>(length)));
  return 0;
}

Result<int> sys_fadvise64(int fd, int64_t offset, int64_t length, int advice) {
  if (is_shielded(fd)) return 0;
  Ref<file::File> file = TRY(host_file(fd, Errno(ESPIPE)));
  TRY(host_call(__NR_fadvise64, number_of(file), static_cast<uint64_t>(offset), static_cast<uint64_t>(length),
                static_cast<uint64_t>(advice)));
  return 0;
}

Result<int> sys_readahead(int fd, int64_t offset, size_t count) {
  if (is_shielded(fd)) return 0;
  Ref<file::File> file = TRY(host_file(fd, Errno(EINVAL)));
  TRY(host_call(__NR_readahead, number_of(file), static_cast<uint64_t>(offset), count));
  return 0;
}

}  // namespace scone::syscall
