// Receiving on a socket of the host.
#include <asm/unistd.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/net/host_message.h"
#include "enclave/net/host_socket.h"
#include "enclave/net/host_socket_perform.h"

namespace scone::net {
namespace {

// Flags that the host gets to see. MSG_WAITALL is made here.
constexpr int kForwarded = kMsgOob | kMsgPeek | kMsgTruncated | kMsgErrorQueue;
// Flags that the host may answer.
constexpr int kAnswers = kMsgOob | kMsgTruncated | kMsgControlTruncated | kMsgEndOfRecord | kMsgErrorQueue;
// What only the host's own socket can answer.
constexpr int kReceiveDirectly = kMsgOob | kMsgErrorQueue;
constexpr size_t kStreamPiece = 256 << 10;

uint64_t host_flags(int flags) {
  return static_cast<uint64_t>((flags & kForwarded) | kMsgDontWait | kMsgControlCloseOnExec);
}

// Of a datagram the host may report the true length (MSG_TRUNC), as long as it is a length.
size_t check_length(uint64_t result, size_t length, int flags) {
  return boundary::check_count(result, flags & kMsgTruncated ? INT32_MAX : length);
}

// Who waits for data, maybe for ever, holds no host memory meanwhile.
template <typename Memory>
Result<uint64_t> keep_if_ok(Result<uint64_t> result, Memory& memory) {
  if (!result.ok()) memory = Memory();
  return result;
}

}  // namespace

// Which events a receive with these flags waits for or consumes.
uint32_t HostSocket::receive_events(int flags) {
  if (flags & kMsgErrorQueue) return EPOLLERR;
  return flags & kMsgOob ? EPOLLPRI : EPOLLIN;
}

Result<size_t> HostSocket::receive(Incoming& message) {
  if (Stream* own = message.flags & kReceiveDirectly ? nullptr : stream()) return receive_from_stream(*own, message);
  const bool plain = is_stream() && !message.from && !message.control;
  const bool blocking = may_block(message.flags) && !(message.flags & kMsgErrorQueue);
  const size_t length = min_of(message.data.remaining(), is_stream() ? kStreamPiece : HostMessage::kMaxData);
  const size_t first =
      TRY(plain ? receive_plain(message, length, blocking) : receive_message(message, length, blocking));
  constexpr int kOnce = kMsgPeek | kMsgOob | kMsgErrorQueue | kMsgTruncated;
  const bool marked = message.control && kind().family == kUnix;  // control messages are boundaries
  if (!is_stream() || marked || (message.flags & kOnce) || first == 0) return first;
  return first + receive_rest(message, first < length);
}

// A stream fills the program's buffers with what there is (with MSG_WAITALL: entirely), because a short answer tells
// programs that there is no more (epoll(7)).
size_t HostSocket::receive_rest(Incoming& message, bool exhausted) {
  const bool all = message.flags & kMsgWaitAll;
  size_t done = 0;
  while (message.data.remaining() > 0 && (all || !exhausted)) {
    const size_t length = min_of(message.data.remaining(), kStreamPiece);
    Result<size_t> next = receive_plain(message, length, all && may_block(message.flags));
    if (!next.ok() || next.value() == 0) break;
    done += next.value();
    exhausted = next.value() < length;
  }
  return done;
}

// Neither address nor control messages are wanted.
Result<size_t> HostSocket::receive_plain(Incoming& message, size_t length, bool blocking) {
  HostBuffer buffer;
  const Attempt attempt = TRY(perform(receive_events(message.flags), blocking, [&]() -> Result<uint64_t> {
    buffer = TRY(HostBuffer::allocate(length));
    return keep_if_ok(host_call(__NR_recvfrom, number(), buffer.address(), length, host_flags(message.flags)),
                      buffer);
  }));
  const size_t count = boundary::check_count(attempt.value, length);
  note_connected();
  after_receive(attempt, length, message.flags);
  // MSG_TRUNC on a stream discards what it counts.
  if (message.flags & kMsgTruncated) return count;
  return message.data.scatter(buffer, 0, count);
}

Result<size_t> HostSocket::receive_message(Incoming& message, size_t length, bool blocking) {
  const size_t control = message.control ? message.control->capacity() : 0;
  HostMessage host;
  const Attempt attempt = TRY(perform(receive_events(message.flags), blocking, [&]() -> Result<uint64_t> {
    host = TRY(HostMessage::allocate(control, length));
    host.describe(message.from ? Address::kMaxSize : 0, control, length);
    return keep_if_ok(host_call(__NR_recvmsg, number(), host.address(), host_flags(message.flags)), host);
  }));
  const size_t count = check_length(attempt.value, length, message.flags);
  after_receive(attempt, length, message.flags);
  const MessageHeader header = host.header();
  message.message_flags = header.flags & kAnswers;
  if (message.from) *message.from = Address::from_host(host.buffer(), HostMessage::kName, header.name_size);
  // First of all the control messages: descriptors in them are open and need an owner.
  if (control > 0)
    TRY(message.control->take(host.buffer(), HostMessage::kControl, header.control_size,
                              message.flags & kMsgControlCloseOnExec));
  const bool discarded = is_stream() && (message.flags & kMsgTruncated);
  const size_t present = discarded ? 0 : min_of(count, length);
  if (TRY(message.data.scatter(host.buffer(), host.data_offset(), present)) < present) return Errno(EFAULT);
  return count;
}

// Whether there may be more. Only TCP is sure to end a read early for want of data; other streams have boundaries.
void HostSocket::after_receive(const Attempt& attempt, size_t length, int flags) {
  if (flags & kMsgPeek) return;
  const bool internet = kind().family == kInet || kind().family == kInet6;
  const bool short_read = attempt.value > 0 && attempt.value < length;
  const uint32_t events = receive_events(flags);
  if (is_stream() && internet && events == EPOLLIN && short_read)
    source_.drained(EPOLLIN, attempt.epoch);
  else
    source_.forget(events);
}

}  // namespace scone::net
