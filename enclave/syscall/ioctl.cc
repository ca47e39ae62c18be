#include "enclave/syscall/ioctl.h"

#include <asm/ioctls.h>

#include "enclave/boundary/app_ptr.h"
#include "enclave/file/fd_table.h"

namespace scone::syscall {
namespace {

// FIONBIO is F_SETFL by another name.
Result<uint64_t> set_nonblocking(file::File& file, uint64_t argument) {
  const bool on = TRY(boundary::read_app(AppPtr<const int>(argument))) != 0;
  TRY(file.set_flags(on ? file.flags() | O_NONBLOCK : file.flags() & ~O_NONBLOCK));
  return uint64_t{0};
}

// There is no SIGIO: only switching it off succeeds.
Result<uint64_t> set_asynchronous(uint64_t argument) {
  if (TRY(boundary::read_app(AppPtr<const int>(argument))) != 0) return Errno(ENOTTY);
  return uint64_t{0};
}

}  // namespace

Result<uint64_t> sys_ioctl(int fd, uint32_t request, uint64_t argument) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  if (file->flags() & O_PATH) return Errno(EBADF);
  switch (request) {
    case FIOCLEX:
    case FIONCLEX:
      TRY(file::fd_table().set_close_on_exec(fd, request == FIOCLEX));
      return uint64_t{0};
    case FIONBIO:
      return set_nonblocking(*file, argument);
    case FIOASYNC:
      return set_asynchronous(argument);
    default:
      return file->ioctl(request, argument);
  }
}

}  // namespace scone::syscall
