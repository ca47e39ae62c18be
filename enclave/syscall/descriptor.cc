#include "enclave/syscall/descriptor.h"

#include <asm/unistd.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/file_locks.h"
#include "enclave/file/host_file.h"
#include "enclave/file/record_lock.h"

namespace scone::syscall {
namespace {

using file::fd_table;
using file::File;

constexpr uint32_t kCloseRangeUnshare = 2;
constexpr uint32_t kCloseRangeCloseOnExec = 4;
constexpr int kFdCloseOnExec = 1;    // FD_CLOEXEC
constexpr int kLockNonBlocking = 4;  // LOCK_NB

Result<uint64_t> duplicate(Ref<File> file, uint64_t minimum, bool close_on_exec) {
  if (minimum >= fd_table().limit()) return Errno(EINVAL);
  return static_cast<uint64_t>(
      TRY(fd_table().install(std::move(file), close_on_exec, static_cast<int>(minimum))));
}

// Commands that path descriptors (O_PATH) allow as well. EOPNOTSUPP: it is none of them.
Result<uint64_t> descriptor_command(int fd, Ref<File>& file, int command, uint64_t argument) {
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      return duplicate(file, argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
      return static_cast<uint64_t>(TRY(fd_table().close_on_exec(fd)) ? kFdCloseOnExec : 0);
    case F_SETFD:
      TRY(fd_table().set_close_on_exec(fd, argument & kFdCloseOnExec));
      return uint64_t{0};
    case F_GETFL:
      return static_cast<uint64_t>(file->flags());
    default:
      return Errno(EOPNOTSUPP);
  }
}

// Of shared memory (memfd_create), which the host holds.
Result<uint64_t> seals(File& file, int command, uint64_t argument) {
  file::HostFile* host = file.as_host_file();
  if (!host) return Errno(EINVAL);
  return host_call(__NR_fcntl, host->number(), static_cast<uint64_t>(command), argument);
}

Result<uint64_t> file_command(File& file, int command, uint64_t argument) {
  switch (command) {
    case F_SETFL:
      TRY(file.set_flags(static_cast<int>(argument)));
      return uint64_t{0};
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      TRY(file::record_lock(file, command, AppPtr<void>(argument)));
      return uint64_t{0};
    case F_GETOWN:
      return uint64_t{0};
    case F_GETOWN_EX:
      TRY(boundary::write_app(AppPtr<f_owner_ex>(argument), f_owner_ex{F_OWNER_PID, 0}));
      return uint64_t{0};
    case F_GETLEASE:
      return uint64_t{F_UNLCK};
    case F_GETPIPE_SZ:
      return file.pipe_size();
    case F_SETPIPE_SZ:
      return file.set_pipe_size(argument);
    case F_ADD_SEALS:
    case F_GET_SEALS:
      return seals(file, command, argument);
    default:
      return Errno(EINVAL);
  }
}

}  // namespace

Result<int> sys_close(int fd) {
  Ref<File> file = TRY(fd_table().remove(fd));
  TRY(file->flush());
  return 0;
}

Result<int> sys_close_range(uint32_t first, uint32_t last, uint32_t flags) {
  if (flags & ~(kCloseRangeUnshare | kCloseRangeCloseOnExec) || first > last) return Errno(EINVAL);
  const int end = static_cast<int>(min_of<uint32_t>(last, INT32_MAX));
  int fd = first > INT32_MAX ? -1 : fd_table().next(static_cast<int>(first));
  for (; fd >= 0 && fd <= end; fd = fd_table().next(fd + 1)) {
    // Another thread may be closing the same ones.
    if (flags & kCloseRangeCloseOnExec)
      (void)fd_table().set_close_on_exec(fd, true);
    else
      (void)fd_table().remove(fd);
  }
  return 0;
}

Result<int> sys_dup(int fd) { return fd_table().install(TRY(fd_table().get(fd)), false); }

Result<int> sys_dup2(int fd, int to) {
  Ref<File> file = TRY(fd_table().get(fd));
  if (fd == to) return fd;
  Ref<File> replaced;
  TRY(fd_table().replace(to, std::move(file), false, replaced));
  return to;
}

Result<int> sys_dup3(int fd, int to, int flags) {
  if (flags & ~O_CLOEXEC || fd == to) return Errno(EINVAL);
  Ref<File> replaced;
  TRY(fd_table().replace(to, TRY(fd_table().get(fd)), flags & O_CLOEXEC, replaced));
  return to;
}

Result<uint64_t> sys_fcntl(int fd, int command, uint64_t argument) {
  Ref<File> file = TRY(fd_table().get(fd));
  Result<uint64_t> result = descriptor_command(fd, file, command, argument);
  if (result.ok() || result.error() != Errno(EOPNOTSUPP)) return result;
  if (file->flags() & O_PATH) return Errno(EBADF);
  return file_command(*file, command, argument);
}

Result<int> sys_flock(int fd, int operation) {
  Ref<File> file = TRY(fd_table().get(fd));
  if (file::FileLocks* locks = file->locks()) {
    TRY(locks->lock_whole(*file, operation));
    return 0;
  }
  file::HostFile* host = file->as_host_file();
  if (!host) return Errno(EINVAL);
  // Most locks are free: try without a helper thread first.
  const auto wanted = static_cast<uint64_t>(operation);
  const uint64_t number = TRY(host->number_for_locks());
  Result<uint64_t> tried = host_call(__NR_flock, number, wanted | kLockNonBlocking);
  if (!tried.ok() && tried.error() == Errno(EAGAIN) && !(operation & kLockNonBlocking))
    TRY(host_call_blocking(__NR_flock, number, wanted));
  else if (!tried.ok())
    return tried.error();
  return 0;
}

}  // namespace scone::syscall
