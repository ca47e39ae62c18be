#include "enclave/syscall/eventfd.h"

#include "enclave/file/event_fd.h"
#include "enclave/file/fd_table.h"

namespace scone::syscall {
namespace {

constexpr int kSemaphore = 1;  // EFD_SEMAPHORE; EFD_CLOEXEC and EFD_NONBLOCK are those of open(2)

}  // namespace

Result<int> sys_eventfd(uint32_t initial) { return sys_eventfd2(initial, 0); }

Result<int> sys_eventfd2(uint32_t initial, int flags) {
  if (flags & ~(kSemaphore | O_CLOEXEC | O_NONBLOCK)) return Errno(EINVAL);
  auto file = TRY(file::EventFd::create(initial, flags & kSemaphore, flags & O_NONBLOCK));
  return file::fd_table().install(std::move(file), flags & O_CLOEXEC);
}

}  // namespace scone::syscall
