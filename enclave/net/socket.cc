// What all sockets have in common.
#include "enclave/net/socket.h"

#include <asm/socket.h>
#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/eventpoll.h>
#include <linux/time_types.h>

#include "base/min_max.h"
#include "enclave/file/mode.h"
#include "enclave/net/timeout.h"
#include "enclave/process/signal.h"
#include "enclave/sched/clock.h"

namespace scone::net {
namespace {

constinit std::atomic<uint64_t> g_sockets{0};
constexpr int64_t kMicros = kNsPerSecond / kNsPerMicrosecond;

// The event whose waits the option limits, or 0. On x86-64 the old and the new struct timeval of a timeout are the same.
uint32_t timeout_option(int level, int name) {
  if (level != SOL_SOCKET) return 0;
  if (name == SO_RCVTIMEO_OLD || name == SO_RCVTIMEO_NEW) return EPOLLIN;
  if (name == SO_SNDTIMEO_OLD || name == SO_SNDTIMEO_NEW) return EPOLLOUT;
  return 0;
}

}  // namespace

Socket::Socket(const SocketKind& kind, int flags) : File(O_RDWR | flags), kind_(kind), inode_(++g_sockets) {
  name_.append("socket:[");
  name_.append_number(inode_);
  name_.append("]");
}

Result<size_t> Socket::read(file::IoVector& to, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  if (to.remaining() == 0) return size_t{0};
  Incoming message{to};
  return receive(message);
}

Result<size_t> Socket::write(file::IoVector& from, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  return send({from});
}

Result<void> Socket::stat(struct ::stat& result) {
  TRY(File::stat(result));
  result.st_ino = inode_;
  result.st_mode = file::kModeSocket | 0777;
  return ok();
}

uint64_t Socket::timeout_ns(uint32_t events) const {
  const auto& timeout = events & EPOLLOUT ? send_timeout_ns_ : receive_timeout_ns_;
  return timeout.load(std::memory_order_relaxed);
}

uint64_t Socket::deadline_ns(uint32_t events) const {
  const uint64_t timeout = timeout_ns(events);
  return timeout ? deadline_after(sched::now_ns(), timeout) : sched::kNever;
}

Errno Socket::wait_error(Errno error, uint32_t events) const {
  if (error == Errno(ETIMEDOUT)) return Errno(EAGAIN);
  // A call with a timeout would wait too long if it were restarted (signal(7)).
  if (error == Errno(process::kRestartSys) && timeout_ns(events)) return Errno(EINTR);
  return error;
}

Errno Socket::send_error(Errno error, int flags) const {
  if (error == Errno(EPIPE) && is_stream() && !(flags & kMsgNoSignal))
    process::raise_for_current(process::kSigPipe);
  return error;
}

// A negative time is over at once on Linux; the shortest timeout is as good.
Result<void> Socket::set_timeout(uint32_t events, AppPtr<const void> value, uint32_t size) {
  if (size < sizeof(__kernel_old_timeval)) return Errno(EINVAL);
  const auto time = TRY(boundary::read_app(value.cast<const __kernel_old_timeval>()));
  if (time.tv_usec < 0 || time.tv_usec >= kMicros) return Errno(EDOM);
  const uint64_t ns = time.tv_sec < 0 ? 1 : TRY(to_ns(time.tv_sec, time.tv_usec, kMicros));
  (events == EPOLLIN ? receive_timeout_ns_ : send_timeout_ns_).store(ns, std::memory_order_relaxed);
  return ok();
}

Result<void> Socket::set_option(int level, int name, AppPtr<const void> value, uint32_t size) {
  if (static_cast<int32_t>(size) < 0) return Errno(EINVAL);
  if (const uint32_t events = timeout_option(level, name)) return set_timeout(events, value, size);
  return set_own_option(level, name, value, size);
}

Result<void> Socket::get_option(int level, int name, AppPtr<void> value, AppPtr<uint32_t> size) {
  const uint32_t room = TRY(boundary::read_app(size));
  if (static_cast<int32_t>(room) < 0) return Errno(EINVAL);
  if (const uint32_t events = timeout_option(level, name)) {
    const auto rest = to_timespec(timeout_ns(events));
    const __kernel_old_timeval time{rest.tv_sec,
                                    static_cast<long>(rest.tv_nsec) / static_cast<long>(kNsPerMicrosecond)};
    return answer_option(value, size, room, &time, sizeof time);
  }
  if (level == SOL_SOCKET && name == SO_ERROR) {
    const int error = TRY(take_error());
    return answer_option(value, size, room, &error, sizeof error);
  }
  return get_own_option(level, name, value, size, room);
}

Result<void> answer_option(AppPtr<void> value, AppPtr<uint32_t> size, uint32_t room, const void* from,
                           uint32_t from_size) {
  const uint32_t count = min_of(room, from_size);
  TRY(boundary::copy_to_app(value, from, count));
  return boundary::write_app(size, count);
}

}  // namespace scone::net
