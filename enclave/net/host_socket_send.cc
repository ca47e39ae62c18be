// Sending on a socket of the host.
#include <asm/unistd.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/net/host_message.h"
#include "enclave/net/host_socket.h"
#include "enclave/net/host_socket_perform.h"

namespace scone::net {
namespace {

// Flags that the host gets to see; the others are acted upon here or have no effect on sending.
constexpr int kForwarded = kMsgOob | kMsgDontRoute | kMsgEndOfRecord | kMsgConfirm | kMsgMore;
// What only the host's own socket can do.
constexpr int kSendDirectly = kMsgOob | kMsgDontRoute;
// Held while a sender waits, so not too large; with what goes before the data a power of two.
constexpr size_t kStreamPiece = (64 << 10) - 1024;
constexpr size_t kSmallestPiece = 2048;

uint64_t host_flags(int flags) {
  return static_cast<uint64_t>((flags & kForwarded) | kMsgDontWait | kMsgNoSignal);
}

std::span<const uint8_t> control_of(const Outgoing& message) {
  return message.control ? message.control->bytes() : std::span<const uint8_t>{};
}

void describe(HostMessage& host, const Outgoing& message, size_t length) {
  const auto control = control_of(message);
  host.describe(message.to ? message.to->size : 0, control.size(), length);
  if (message.to) host.buffer().write(HostMessage::kName, message.to->bytes, message.to->size);
  if (!control.empty()) host.buffer().write(HostMessage::kControl, control.data(), control.size());
}

// A stream makes do with less memory, and then `capacity` with it.
Result<HostMessage> allocate(const Outgoing& message, size_t& capacity, bool stream) {
  while (true) {
    Result<HostMessage> host = HostMessage::allocate(control_of(message).size(), capacity);
    if (host.ok() || !stream || capacity <= kSmallestPiece) return host;
    capacity /= 2;
  }
}

}  // namespace

// A stream takes everything if it may block, otherwise what fits; a datagram goes whole or not at all.
Result<size_t> HostSocket::send(const Outgoing& message) {
  file::IoVector& data = message.data;
  if (Stream* own = stream()) {
    // A connection has no other addresses, and TCP no control messages that would matter.
    if (!(message.flags & kSendDirectly)) return send_to_stream(*own, message);
    settle();
  }
  if (!is_stream() && data.remaining() > HostMessage::kMaxData) return Errno(EMSGSIZE);
  size_t capacity = is_stream() ? min_of(data.remaining(), kStreamPiece) : data.remaining();
  if (message.control) TRY(message.control->to_host_numbers());
  HostMessage host = TRY(allocate(message, capacity, is_stream()));
  size_t done = 0;
  do {
    const size_t length = min_of(data.remaining(), capacity);
    Result<size_t> gathered = data.gather(host.buffer(), host.data_offset(), length);
    if (gathered.ok() && gathered.value() < length && !is_stream()) return Errno(EFAULT);
    Result<size_t> sent =
        gathered.ok() ? send_piece(message, host, gathered.value(), done == 0) : gathered.error();
    if (!sent.ok() && done == 0) return send_error(sent.error(), message.flags);
    if (!sent.ok()) break;
    done += sent.value();
    if (sent.value() < length) break;
  } while (data.remaining() > 0);
  return done;
}

// Sends `length` bytes that are in the host's memory; address and control messages go with the first of all.
Result<size_t> HostSocket::send_piece(const Outgoing& message, HostMessage& host, size_t length, bool first) {
  const bool blocking = may_block(message.flags);
  const bool described = first && (message.to || message.control);
  if (described) describe(host, message, length);
  size_t sent = 0;
  do {
    Result<Attempt> attempt = perform(EPOLLOUT, blocking, [&] {
      if (described && sent == 0)
        return host_call(__NR_sendmsg, number(), host.address(), host_flags(message.flags));
      return host_call(__NR_sendto, number(), host.data_address() + sent, length - sent,
                       host_flags(message.flags));
    });
    if (!attempt.ok() && sent == 0) return attempt.error();
    if (!attempt.ok()) break;
    const size_t count = boundary::check_count(attempt.value().value, length - sent);
    note_connected();
    if (is_stream() && count < length - sent)
      source_.drained(EPOLLOUT, attempt.value().epoch);
    else
      source_.forget(EPOLLOUT);
    sent += count;
  } while (sent < length && is_stream() && blocking);
  return sent;
}

}  // namespace scone::net
