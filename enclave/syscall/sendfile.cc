#include "enclave/syscall/sendfile.h"

#include <asm/unistd.h>
#include <linux/fs.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/move_data.h"

namespace scone::syscall {
namespace {

using file::fd_table;
using file::File;

// Copies that size may keep a disk busy for a while.
constexpr size_t kLongCopy = 1 << 20;

// Where a transfer begins: at a number of the program's, or at the file's position.
class Cursor {
 public:
  Cursor(File& file, AppPtr<int64_t> offset) : file_(file), offset_(offset) {}

  // EINVAL: negative; ESPIPE: the file has no positions.
  Result<uint64_t> begin() {
    if (!offset_) return file_.seek(0, SEEK_CUR);
    const int64_t value = TRY(boundary::read_app(offset_));
    if (value < 0) return Errno(EINVAL);
    return static_cast<uint64_t>(value);
  }
  Result<void> move_to(uint64_t position) {
    if (offset_) return boundary::write_app(offset_, static_cast<int64_t>(position));
    TRY(file_.seek(static_cast<int64_t>(position), SEEK_SET));
    return ok();
  }

 private:
  File& file_;
  AppPtr<int64_t> offset_;
};

Result<Ref<File>> readable(int fd) {
  Ref<File> file = TRY(fd_table().get(fd));
  if (!file->readable()) return Errno(EBADF);
  return file;
}

Result<Ref<File>> writable(int fd) {
  Ref<File> file = TRY(fd_table().get(fd));
  if (!file->writable()) return Errno(EBADF);
  return file;
}

Result<uint64_t> host_copy(uint64_t from, uint64_t from_offset, uint64_t to, uint64_t to_offset,
                           size_t count) {
  HostBuffer offsets = TRY(HostBuffer::allocate(2 * sizeof(uint64_t)));
  offsets.put(0, from_offset);
  offsets.put(sizeof(uint64_t), to_offset);
  const uint64_t first = offsets.address(), second = first + sizeof(uint64_t);
  Result<uint64_t> copied = count < kLongCopy
                                ? host_call(__NR_copy_file_range, from, first, to, second, count, 0)
                                : host_call_blocking(__NR_copy_file_range, from, first, to, second, count, 0);
  if (!copied.ok()) return copied;
  return boundary::check_count(copied.value(), count);
}

}  // namespace

Result<size_t> sys_sendfile(int to, int from, AppPtr<int64_t> offset, size_t count) {
  Ref<File> in = TRY(readable(from));
  Ref<File> out = TRY(writable(to));
  if (out->flags() & O_APPEND) return Errno(EINVAL);
  // Only what can be mapped can be sent (sendfile(2)): no pipes, no sockets.
  if (in->wait_queue()) return Errno(EINVAL);
  Cursor cursor(*in, offset);
  const uint64_t begin = TRY(cursor.begin());
  const size_t sent = TRY(file::send_file(*in, begin, *out, count));
  TRY(cursor.move_to(begin + sent));
  return sent;
}

Result<size_t> sys_copy_file_range(int from, AppPtr<int64_t> from_offset, int to, AppPtr<int64_t> to_offset,
                                   size_t count, uint32_t flags) {
  if (flags != 0) return Errno(EINVAL);
  Ref<File> in = TRY(readable(from));
  Ref<File> out = TRY(writable(to));
  if (out->flags() & O_APPEND) return Errno(EBADF);
  file::HostFile* host_in = in->as_host_file();
  file::HostFile* host_out = out->as_host_file();
  const bool inside = in->locks() || out->locks();
  if (host_out) host_out->descriptor()->recall(false);
  if ((!inside && (!host_in || !host_out)) || in->wait_queue() || out->wait_queue()) return Errno(EINVAL);
  Cursor in_cursor(*in, from_offset);
  Cursor out_cursor(*out, to_offset);
  const uint64_t in_begin = TRY(in_cursor.begin());
  const uint64_t out_begin = TRY(out_cursor.begin());
  count = min_of(count, file::IoVector::kMaxTransfer);
  const size_t copied = TRY(inside ? file::copy_range(*in, in_begin, *out, out_begin, count)
                                   : host_copy(host_in->number(), in_begin, host_out->number(), out_begin, count));
  TRY(in_cursor.move_to(in_begin + copied));
  TRY(out_cursor.move_to(out_begin + copied));
  return copied;
}

Result<size_t> sys_splice(int from, AppPtr<int64_t>, int to, AppPtr<int64_t>, size_t, uint32_t) {
  (void)TRY(readable(from));
  (void)TRY(writable(to));
  return Errno(EINVAL);
}

Result<size_t> sys_tee(int from, int to, size_t, uint32_t) {
  (void)TRY(readable(from));
  (void)TRY(writable(to));
  return Errno(EINVAL);
}

Result<size_t> sys_vmsplice(int fd, AppPtr<const void>, size_t, uint32_t) {
  (void)TRY(fd_table().get(fd));
  return Errno(EINVAL);
}

}  // namespace scone::syscall
