#include "enclave/file/host_directory.h"

#include <asm/unistd.h>
#include <linux/fs.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/dirent.h"
#include "enclave/file/transfer.h"

namespace scone::file {

Result<size_t> HostDirectory::read(IoVector&, std::optional<uint64_t>) { return Errno(EISDIR); }

Result<size_t> HostDirectory::read_directory(IoVector& to) {
  sched::MutexGuard guard(lock_);
  HostBuffer buffer = TRY(allocate_piece(to.remaining(), kSmallPieceSize));
  const uint64_t answer = TRY(host_call(__NR_getdents64, number(), buffer.address(), buffer.size()));
  const size_t size = boundary::check_count(answer, buffer.size());
  Text records;
  char* copy = records.extend(size);
  TRY(records.status());
  buffer.read(0, copy, size);
  int64_t next = position_;
  // SAFETY: characters are bytes.
  if (!check_dirents({reinterpret_cast<const uint8_t*>(copy), size}, next))
    boundary::host_violation("getdents64: malformed records");
  Result<size_t> count = to.scatter(copy, size);
  if (count.ok())
    position_ = next;
  else
    TRY(host_seek(position_, SEEK_SET));  // the program did not get them
  return count;
}

Result<uint64_t> HostDirectory::seek(int64_t offset, int whence) {
  sched::MutexGuard guard(lock_);
  return host_seek(offset, whence);
}

Result<uint64_t> HostDirectory::host_seek(int64_t offset, int whence) {
  const uint64_t answer =
      TRY(host_call(__NR_lseek, number(), static_cast<uint64_t>(offset), static_cast<uint64_t>(whence)));
  position_ = static_cast<int64_t>(answer);
  return answer;
}

}  // namespace scone::file
