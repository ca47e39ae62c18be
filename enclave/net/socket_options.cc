// getsockopt(2) and setsockopt(2).
#include <asm/socket.h>
#include <asm/unistd.h>
#include <linux/time_types.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/net/option_table.h"
#include "enclave/net/socket.h"
#include "enclave/net/timeout.h"

namespace scone::net {
namespace {

// On x86-64 the old and the new struct timeval of a timeout are the same.
bool is_timeout(int level, int name, uint32_t& events) {
  if (level != SOL_SOCKET) return false;
  const bool receive = name == SO_RCVTIMEO_OLD || name == SO_RCVTIMEO_NEW;
  const bool send = name == SO_SNDTIMEO_OLD || name == SO_SNDTIMEO_NEW;
  events = receive ? EPOLLIN : EPOLLOUT;
  return receive || send;
}

constexpr int64_t kMicros = kNsPerSecond / kNsPerMicrosecond;

// Copies out what fits, and its true size.
Result<void> answer(AppPtr<void> value, AppPtr<uint32_t> size, uint32_t room, const void* from, uint32_t from_size) {
  const uint32_t count = min_of(room, from_size);
  TRY(boundary::copy_to_app(value, from, count));
  return boundary::write_app(size, count);
}

}  // namespace

// setsockopt(2): negative times out at once on Linux; such a timeout is as good as the shortest.
Result<void> Socket::set_timeout(uint32_t events, AppPtr<const void> value, uint32_t size) {
  if (size < sizeof(__kernel_old_timeval)) return Errno(EINVAL);
  const auto time = TRY(boundary::read_app(value.cast<const __kernel_old_timeval>()));
  if (time.tv_usec < 0 || time.tv_usec >= kMicros) return Errno(EDOM);
  const uint64_t ns = time.tv_sec < 0 ? 1 : TRY(to_ns(time.tv_sec, time.tv_usec, kMicros));
  (events & EPOLLIN ? receive_timeout_ns_ : send_timeout_ns_).store(ns, std::memory_order_relaxed);
  return ok();
}

Result<void> Socket::set_option(int level, int name, AppPtr<const void> value, uint32_t size) {
  uint32_t events;
  if (is_timeout(level, name, events)) return set_timeout(events, value, size);
  const OptionRow* row = find_option(level, name);
  if (!row) return Errno(ENOPROTOOPT);
  if (static_cast<int32_t>(size) < 0) return Errno(EINVAL);
  // The kernel looks at no more than it knows.
  const uint32_t length = min_of<uint32_t>(size, row->max_size);
  HostBuffer buffer = TRY(HostBuffer::allocate(length));
  TRY(buffer.write_from_app(0, value, length));
  TRY(host_call(__NR_setsockopt, number(), static_cast<uint64_t>(level), static_cast<uint64_t>(name), buffer.address(),
                length));
  return ok();
}

Result<void> Socket::get_option(int level, int name, AppPtr<void> value, AppPtr<uint32_t> size) {
  const uint32_t room = TRY(boundary::read_app(size));
  if (static_cast<int32_t>(room) < 0) return Errno(EINVAL);
  uint32_t events;
  if (is_timeout(level, name, events)) {
    const auto rest = to_timespec(timeout_ns(events));
    const __kernel_old_timeval time{rest.tv_sec, static_cast<long>(rest.tv_nsec) / static_cast<long>(kNsPerMicrosecond)};
    return answer(value, size, room, &time, sizeof time);
  }
  if (level == SOL_SOCKET && name == SO_ERROR) {
    const int error = TRY(take_error());
    return answer(value, size, room, &error, sizeof error);
  }
  const OptionRow* row = find_option(level, name);
  if (!row) return Errno(ENOPROTOOPT);
  const uint32_t length = min_of<uint32_t>(room, row->max_size);
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof length + length));
  buffer.put(0, length);
  TRY(host_call(__NR_getsockopt, number(), static_cast<uint64_t>(level), static_cast<uint64_t>(name),
                buffer.address() + sizeof length, buffer.address()));
  // Claimed by the host: never more than was asked for.
  const uint32_t filled = min_of(buffer.get<uint32_t>(0), length);
  TRY(buffer.read_to_app(sizeof length, value, filled));
  return boundary::write_app(size, filled);
}

}  // namespace scone::net
