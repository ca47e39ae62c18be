// signalfd(2).
#include <linux/errno.h>
#include <linux/fcntl.h>

#include "enclave/file/fd_table.h"
#include "enclave/process/signal_file.h"
#include "enclave/syscall/signal.h"

namespace scone::syscall {

Result<int> sys_signalfd4(int fd, AppPtr<const process::SignalSet> mask, size_t set_size, int flags) {
  if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return Errno(EINVAL);
  if (set_size != process::kSignalSetSize) return Errno(EINVAL);
  const process::SignalSet wanted = TRY(boundary::read_app(mask));
  if (fd == -1) {
    auto file = TRY(process::SignalFile::create(wanted, flags & O_NONBLOCK));
    return file::fd_table().install(std::move(file), flags & O_CLOEXEC);
  }
  auto file = TRY(file::fd_table().get(fd));
  process::SignalFile* existing = file->as_signal_file();
  if (!existing) return Errno(EINVAL);
  existing->set_mask(wanted);
  return fd;
}

Result<int> sys_signalfd(int fd, AppPtr<const process::SignalSet> mask, size_t set_size) {
  return sys_signalfd4(fd, mask, set_size, 0);
}

}  // namespace scone::syscall
