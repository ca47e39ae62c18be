#include "enclave/file/event_fd.h"

#include <linux/eventpoll.h>

#include <new>

namespace scone::file {

Result<Ref<File>> EventFd::create(uint32_t initial, bool semaphore, int flags) {
  auto* file = new (std::nothrow) EventFd(initial, semaphore, flags);
  if (!file) return Errno(ENOMEM);
  return Ref<File>::adopt(file);
}

uint64_t EventFd::take() {
  uint64_t taken;
  {
    sched::SpinGuard guard(lock_);
    taken = counter_.take();
  }
  if (taken) queue_.notify(EPOLLOUT | EPOLLWRNORM);
  return taken;
}

bool EventFd::add(uint64_t amount) {
  {
    sched::SpinGuard guard(lock_);
    if (!counter_.add(amount)) return false;
  }
  if (amount) queue_.notify(EPOLLIN | EPOLLRDNORM);
  return true;
}

Result<size_t> EventFd::read(IoVector& to, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  uint64_t value;
  if (to.remaining() < sizeof value) return Errno(EINVAL);
  value = take();
  if (value == 0 && nonblocking()) return Errno(EAGAIN);
  if (value == 0) TRY(sched::wait_until(queue_, [&] { return (value = take()) != 0; }));
  return to.scatter(&value, sizeof value);
}

Result<size_t> EventFd::write(IoVector& from, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  uint64_t value;
  if (from.remaining() < sizeof value) return Errno(EINVAL);
  if (TRY(from.gather(&value, sizeof value)) < sizeof value) return Errno(EFAULT);
  if (value == UINT64_MAX) return Errno(EINVAL);
  if (add(value)) return sizeof value;
  if (nonblocking()) return Errno(EAGAIN);
  TRY(sched::wait_until(queue_, [&] { return add(value); }));
  return sizeof value;
}

uint32_t EventFd::poll() {
  sched::SpinGuard guard(lock_);
  return (counter_.readable() ? EPOLLIN | EPOLLRDNORM : 0) |
         (counter_.writable() ? EPOLLOUT | EPOLLWRNORM : 0);
}

}  // namespace scone::file
