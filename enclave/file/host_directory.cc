#include "enclave/file/host_directory.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/dirent.h"
#include "enclave/file/transfer.h"

namespace scone::file {

Result<size_t> HostDirectory::read(IoVector&, std::optional<uint64_t>) { return Errno(EISDIR); }

Result<size_t> HostDirectory::read_directory(IoVector& to) {
  HostBuffer buffer = TRY(allocate_piece(to.remaining(), kSmallPieceSize));
  const uint64_t answer = TRY(host_call(__NR_getdents64, number(), buffer.address(), buffer.size()));
  const size_t size = boundary::check_count(answer, buffer.size());
  Text records;
  char* copy = records.extend(size);
  TRY(records.status());
  buffer.read(0, copy, size);
  // SAFETY: characters are bytes.
  if (!valid_dirents({reinterpret_cast<const uint8_t*>(copy), size}))
    boundary::host_violation("getdents64: malformed records");
  return to.scatter(copy, size);
}

Result<uint64_t> HostDirectory::seek(int64_t offset, int whence) {
  const uint64_t position =
      TRY(host_call(__NR_lseek, number(), static_cast<uint64_t>(offset), static_cast<uint64_t>(whence)));
  if (static_cast<int64_t>(position) < 0) boundary::host_violation("lseek: a negative position");
  return position;
}

}  // namespace scone::file
