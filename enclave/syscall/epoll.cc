#include "enclave/syscall/epoll.h"

#include <linux/time_types.h>

#include "enclave/file/epoll.h"
#include "enclave/file/fd_table.h"
#include "enclave/net/timeout.h"
#include "enclave/process/signal.h"
#include "enclave/sched/clock.h"

namespace scone::syscall {
namespace {

using file::Epoll;

constexpr int kMaxEvents = INT32_MAX / static_cast<int>(sizeof(epoll_event));

Result<Epoll*> as_epoll(file::File& file) {
  Epoll* epoll = file.as_epoll();
  if (!epoll) return Errno(EINVAL);
  return epoll;
}

// 0 means "do not park" to Epoll::wait.
uint64_t deadline_in(uint64_t ns) { return ns == 0 ? 0 : net::deadline_after(sched::now_ns(), ns); }
uint64_t deadline_in_ms(int ms) {
  return ms < 0 ? sched::kNever : deadline_in(static_cast<uint64_t>(ms) * net::kNsPerMillisecond);
}

Result<int> wait(int epoll_fd, AppPtr<epoll_event> events, int limit, uint64_t deadline_ns) {
  if (limit <= 0 || limit > kMaxEvents) return Errno(EINVAL);
  auto file = TRY(file::fd_table().get(epoll_fd));
  Epoll* epoll = TRY(as_epoll(*file));
  return static_cast<int>(TRY(epoll->wait(events, static_cast<size_t>(limit), deadline_ns)));
}

}  // namespace

Result<int> sys_epoll_create(int size) {
  if (size <= 0) return Errno(EINVAL);
  return sys_epoll_create1(0);
}

Result<int> sys_epoll_create1(int flags) {
  if (flags & ~EPOLL_CLOEXEC) return Errno(EINVAL);
  Ref<file::File> epoll = TRY(Epoll::create());
  return file::fd_table().install(std::move(epoll), flags & EPOLL_CLOEXEC);
}

Result<int> sys_epoll_ctl(int epoll_fd, int operation, int fd, AppPtr<const epoll_event> event) {
  epoll_event value = {};
  if (operation != EPOLL_CTL_DEL) value = TRY(boundary::read_app(event));
  auto epoll_file = TRY(file::fd_table().get(epoll_fd));
  auto file = TRY(file::fd_table().get(fd));
  if (!file->wait_queue()) return Errno(EPERM);
  Epoll* epoll = TRY(as_epoll(*epoll_file));
  switch (operation) {
    case EPOLL_CTL_ADD:
      TRY(epoll->add(fd, std::move(file), value));
      return 0;
    case EPOLL_CTL_MOD:
      TRY(epoll->modify(fd, *file, value));
      return 0;
    case EPOLL_CTL_DEL:
      TRY(epoll->remove(fd, *file));
      return 0;
    default:
      return Errno(EINVAL);
  }
}

Result<int> sys_epoll_wait(int epoll_fd, AppPtr<epoll_event> events, int limit, int timeout_ms) {
  return wait(epoll_fd, events, limit, deadline_in_ms(timeout_ms));
}

Result<int> sys_epoll_pwait(int epoll_fd, AppPtr<epoll_event> events, int limit, int timeout_ms,
                            AppPtr<const process::SignalSet> mask, size_t mask_size) {
  process::TemporaryMask temporary;
  TRY(temporary.install(mask, mask_size));
  return temporary.finish(wait(epoll_fd, events, limit, deadline_in_ms(timeout_ms)));
}

Result<int> sys_epoll_pwait2(int epoll_fd, AppPtr<epoll_event> events, int limit,
                             AppPtr<const __kernel_timespec> timeout, AppPtr<const process::SignalSet> mask,
                             size_t mask_size) {
  uint64_t deadline_ns = sched::kNever;
  if (timeout) deadline_ns = deadline_in(TRY(net::to_ns(TRY(boundary::read_app(timeout)))));
  process::TemporaryMask temporary;
  TRY(temporary.install(mask, mask_size));
  return temporary.finish(wait(epoll_fd, events, limit, deadline_ns));
}

}  // namespace scone::syscall
