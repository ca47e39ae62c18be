#include "enclave/syscall/pipe.h"

#include "enclave/file/fd_table.h"
#include "enclave/file/pipe.h"

namespace scone::syscall {

Result<int> sys_pipe(AppPtr<int> fds) { return sys_pipe2(fds, 0); }

Result<int> sys_pipe2(AppPtr<int> fds, int flags) {
  if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return Errno(EINVAL);
  Ref<file::File> reader, writer;
  TRY(file::create_pipe(flags & O_NONBLOCK, reader, writer));
  int numbers[2];
  TRY(file::fd_table().install_pair(std::move(reader), std::move(writer), flags & O_CLOEXEC, numbers));
  Result<void> copied = boundary::copy_to_app(fds.cast<void>(), numbers, sizeof numbers);
  if (copied.ok()) return 0;
  for (int number : numbers) (void)file::fd_table().remove(number).ok();
  return copied.error();
}

}  // namespace scone::syscall
