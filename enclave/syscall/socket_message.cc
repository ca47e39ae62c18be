// Sending and receiving: send(2), recv(2) and their variants.
#include <linux/errno.h>
#include <linux/time_types.h>

#include "base/min_max.h"
#include "enclave/net/timeout.h"
#include "enclave/sched/clock.h"
#include "enclave/syscall/socket.h"
#include "enclave/syscall/socket_file.h"

namespace scone::syscall {
namespace {

using file::IoVector;
using net::Address;
using net::MessageHeader;
using net::MultiMessageHeader;

constexpr uint32_t kMaxMessages = 1024;  // UIO_MAXIOV, the kernel's limit of sendmmsg

Result<IoVector> data_of(const MessageHeader& header) {
  if (header.iovec_count > IoVector::kMaxSegments) return Errno(EMSGSIZE);
  return IoVector::from_app(AppPtr<const void>(header.iovecs), header.iovec_count);
}

Result<size_t> send_message(net::Socket& socket, AppPtr<const MessageHeader> message, int flags) {
  const MessageHeader header = TRY(boundary::read_app(message));
  Address to;
  const bool has_address = header.name && header.name_size > 0;
  // The kernel cuts longer ones (copy_msghdr_from_user) rather than refusing them.
  const uint32_t name_size = min_of<uint32_t>(header.name_size, Address::kMaxSize);
  if (static_cast<int32_t>(header.name_size) < 0) return Errno(EINVAL);
  if (has_address) to = TRY(Address::from_app(AppPtr<const void>(header.name), name_size));
  net::OutgoingControl control;
  if (header.control) TRY(control.load(AppPtr<const void>(header.control), header.control_size));
  IoVector data = TRY(data_of(header));
  return socket.send(
      {data, flags, has_address ? &to : nullptr, control.bytes().empty() ? nullptr : &control});
}

// Writes back what the program's header shows of the answer.
Result<void> answer(AppPtr<MessageHeader> message, const MessageHeader& header,
                    const net::Incoming& incoming) {
  const uint64_t base = message.address();
  if (incoming.from) {
    const AppPtr<uint32_t> name_size(base + offsetof(MessageHeader, name_size));
    TRY(incoming.from->to_app(AppPtr<void>(header.name), name_size));
  }
  const auto control = incoming.control ? incoming.control->bytes() : std::span<const uint8_t>{};
  if (!control.empty())
    TRY(boundary::copy_to_app(AppPtr<void>(header.control), control.data(), control.size()));
  TRY(boundary::write_app(AppPtr<uint64_t>(base + offsetof(MessageHeader, control_size)),
                          uint64_t{control.size()}));
  const bool truncated = incoming.control && incoming.control->truncated();
  const int flags = incoming.message_flags | (truncated ? net::kMsgControlTruncated : 0);
  return boundary::write_app(AppPtr<int32_t>(base + offsetof(MessageHeader, flags)), flags);
}

Result<size_t> receive_message(net::Socket& socket, AppPtr<MessageHeader> message, int flags) {
  const MessageHeader header = TRY(boundary::read_app(message));
  if (static_cast<int32_t>(header.name_size) < 0) return Errno(EINVAL);
  IoVector data = TRY(data_of(header));
  Address from;
  net::IncomingControl control(header.control ? header.control_size : 0);
  // Without room for control messages the host must still be asked in a way that tells of MSG_CTRUNC: as a message.
  net::Incoming incoming{data, flags, header.name ? &from : nullptr, &control};
  const size_t count = TRY(socket.receive(incoming));
  TRY(answer(message, header, incoming));
  return count;
}

}  // namespace

Result<int64_t> sys_sendto(int fd, AppPtr<void> data, size_t length, int flags, AppPtr<const void> address,
                           uint32_t address_size) {
  auto socket = TRY(socket_file(fd));
  IoVector vector(data, length);
  Address to;
  if (address) to = TRY(Address::from_app(address, address_size));
  return static_cast<int64_t>(TRY(socket->send({vector, flags, address ? &to : nullptr})));
}

Result<int64_t> sys_recvfrom(int fd, AppPtr<void> data, size_t length, int flags, AppPtr<void> address,
                             AppPtr<uint32_t> address_size) {
  auto socket = TRY(socket_file(fd));
  IoVector vector(data, length);
  Address from;
  net::Incoming incoming{vector, flags, address ? &from : nullptr};
  const size_t count = TRY(socket->receive(incoming));
  if (address) TRY(from.to_app(address, address_size));
  return static_cast<int64_t>(count);
}

Result<int64_t> sys_sendmsg(int fd, AppPtr<const MessageHeader> message, int flags) {
  auto socket = TRY(socket_file(fd));
  return static_cast<int64_t>(TRY(send_message(*socket, message, flags)));
}

Result<int64_t> sys_recvmsg(int fd, AppPtr<MessageHeader> message, int flags) {
  auto socket = TRY(socket_file(fd));
  return static_cast<int64_t>(TRY(receive_message(*socket, message, flags)));
}

// An error shows only if nothing was sent before it; the next call meets it again.
Result<int> sys_sendmmsg(int fd, AppPtr<MultiMessageHeader> messages, uint32_t count, int flags) {
  auto socket = TRY(socket_file(fd));
  count = min_of(count, kMaxMessages);
  for (uint32_t i = 0; i < count; ++i) {
    const AppPtr<MultiMessageHeader> message = messages + i;
    Result<size_t> sent = send_message(*socket, message.cast<const MessageHeader>(), flags);
    if (!sent.ok() && i == 0) return sent.error();
    if (!sent.ok()) return static_cast<int>(i);
    const AppPtr<uint32_t> length(message.address() + offsetof(MultiMessageHeader, length));
    TRY(boundary::write_app(length, static_cast<uint32_t>(sent.value())));
  }
  return static_cast<int>(count);
}

// The timeout is looked at after each message only, as on Linux (recvmmsg(2), BUGS).
Result<int> sys_recvmmsg(int fd, AppPtr<MultiMessageHeader> messages, uint32_t count, int flags,
                         AppPtr<__kernel_timespec> timeout) {
  uint64_t deadline_ns = sched::kNever;
  if (timeout)
    deadline_ns = net::deadline_after(sched::now_ns(), TRY(net::to_ns(TRY(boundary::read_app(timeout)))));
  auto socket = TRY(socket_file(fd));
  count = min_of(count, kMaxMessages);
  uint32_t done = 0;
  while (done < count) {
    const AppPtr<MultiMessageHeader> message = messages + done;
    Result<size_t> received =
        receive_message(*socket, message.cast<MessageHeader>(), flags & ~net::kMsgWaitForOne);
    if (!received.ok() && done == 0) return received.error();
    if (!received.ok()) break;
    const AppPtr<uint32_t> length(message.address() + offsetof(MultiMessageHeader, length));
    TRY(boundary::write_app(length, static_cast<uint32_t>(received.value())));
    ++done;
    if (flags & net::kMsgWaitForOne) flags |= net::kMsgDontWait;
    if (deadline_ns != sched::kNever && sched::now_ns() >= deadline_ns) break;
  }
  if (timeout) {
    const uint64_t now = sched::now_ns();
    TRY(boundary::write_app(timeout, net::to_timespec(deadline_ns > now ? deadline_ns - now : 0)));
  }
  return static_cast<int>(done);
}

}  // namespace scone::syscall
