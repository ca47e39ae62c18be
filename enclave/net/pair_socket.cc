#include "enclave/net/pair_socket.h"

#include <asm/ioctls.h>
#include <asm/socket.h>
#include <linux/errno.h>
#include <linux/eventpoll.h>

#include <new>

#include "base/min_max.h"
#include "enclave/net/option_table.h"
#include "enclave/process/own_credentials.h"
#include "enclave/process/own_ids.h"

namespace scone::net {
namespace {

constexpr uint32_t kReadable = EPOLLIN | EPOLLRDNORM;
constexpr uint32_t kWritable = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;

Credentials own_credentials() {
  const process::Credentials self = process::credentials();
  return {process::own_pid(), self.users.effective, self.groups.effective};
}

}  // namespace

Result<void> PairSocket::create(const SocketKind& kind, int flags, Ref<file::File>& first,
                                Ref<file::File>& second) {
  if (kind.family == kInet || kind.family == kInet6 || kind.family == kNetlink) return Errno(EOPNOTSUPP);
  if (kind.family != kUnix) return Errno(EAFNOSUPPORT);
  if (kind.protocol != 0 && kind.protocol != kUnix) return Errno(EPROTONOSUPPORT);
  if (kind.type != kStream && kind.type != kDatagram && kind.type != kSeqPacket)
    return Errno(ESOCKTNOSUPPORT);
  auto* shared = new (std::nothrow) PairLink;
  if (!shared) return Errno(ENOMEM);
  auto link = Ref<PairLink>::adopt(shared);
  auto* one = new (std::nothrow) PairSocket(kind, flags, link, 0);
  if (!one) return Errno(ENOMEM);
  first = Ref<file::File>::adopt(one);
  auto* other = new (std::nothrow) PairSocket(kind, flags, link, 1);
  if (!other) return Errno(ENOMEM);
  second = Ref<file::File>::adopt(other);
  return ok();
}

PairSocket::~PairSocket() {
  // Data that will not be read: the peer learns that its connection broke (unix(7)).
  if (!is_datagram() && !in().empty()) link_->error[peer()].store(ECONNRESET);
  link_->closed[side_].store(true);
  notify_peer(kReadable | kWritable | EPOLLHUP | EPOLLRDHUP | EPOLLERR);
}

Result<Ref<file::File>> PairSocket::accept(Address*, int) {
  return Errno(is_datagram() ? EOPNOTSUPP : EINVAL);
}

Address PairSocket::unnamed() {
  Address address;
  address.size = sizeof(uint16_t);
  address.bytes[0] = kUnix;
  address.bytes[1] = 0;
  return address;
}

// Which directions are over for this side. Connected sockets share their fate with their peer, datagram sockets do not.
uint32_t PairSocket::shut() const {
  uint32_t own = link_->shut[side_].load();
  if (is_datagram()) return own;
  if (link_->closed[peer()].load()) return PairLink::kRead | PairLink::kWrite;
  const uint32_t other = link_->shut[peer()].load();
  if (other & PairLink::kWrite) own |= PairLink::kRead;
  if (other & PairLink::kRead) own |= PairLink::kWrite;
  return own;
}

Result<void> PairSocket::shutdown(int how) {
  if (how < 0 || how > 2) return Errno(EINVAL);
  link_->shut[side_].fetch_or(static_cast<uint32_t>(how + 1));
  constexpr uint32_t kAll = kReadable | kWritable | EPOLLHUP | EPOLLRDHUP;
  notify_peer(kAll);
  link_->queues[side_].notify(kAll);
  return ok();
}

uint32_t PairSocket::poll() {
  const uint32_t over = shut();
  uint32_t events = 0;
  if (link_->error[side_].load()) events |= EPOLLERR;
  if (over == (PairLink::kRead | PairLink::kWrite)) events |= EPOLLHUP;
  if (over & PairLink::kRead) events |= EPOLLRDHUP | kReadable;
  if (!in().empty()) events |= kReadable;
  if (out().has_room()) events |= kWritable;
  return events;
}

Result<void> PairSocket::check_sending() const {
  if (shut() & PairLink::kWrite) return Errno(EPIPE);
  if (!is_datagram()) return ok();
  if (link_->closed[peer()].load()) return Errno(ECONNREFUSED);
  if (link_->shut[peer()].load() & PairLink::kRead) return Errno(EPIPE);
  return ok();
}

Result<size_t> PairSocket::send(const Outgoing& message) {
  if (message.to) return Errno(is_datagram() ? EOPNOTSUPP : EISCONN);
  if (message.flags & kMsgOob) return Errno(EOPNOTSUPP);
  PassedFiles none;
  Result<size_t> sent = send_all(message, message.control ? message.control->files() : none);
  if (!sent.ok()) return send_error(sent.error(), message.flags);
  return sent;
}

// A stream takes everything if it may block, otherwise what fits.
Result<size_t> PairSocket::send_all(const Outgoing& message, PassedFiles& files) {
  uint64_t deadline_ns = 0;
  size_t done = 0;
  auto partial = [&done](Errno error) { return done > 0 ? Result<size_t>(done) : Result<size_t>(error); };
  auto credentials = message.control ? message.control->credentials() : std::nullopt;
  while (true) {
    Result<void> allowed = check_sending();
    if (!allowed.ok()) return partial(allowed.error());
    Result<size_t> sent = out().put(message.data, is_stream(), files, credentials);
    if (sent.ok()) {
      notify_peer(kReadable);
      done += sent.value();
      credentials.reset();
      if (!is_stream() || message.data.remaining() == 0) return done;
      continue;
    }
    if (sent.error() != Errno(EAGAIN) || !may_block(message.flags)) return partial(sent.error());
    Result<void> waited = wait_for_room(message.data.remaining(), deadline_ns);
    if (!waited.ok()) return partial(waited.error());
  }
}

Result<void> PairSocket::wait_for_room(size_t size, uint64_t& deadline) {
  if (deadline == 0) deadline = deadline_ns(EPOLLOUT);
  Result<void> waited = sched::wait_until(
      link_->queues[side_], [&] { return out().can_take(size, is_stream()) || !check_sending().ok(); },
      deadline);
  if (waited.ok()) return waited;
  return wait_error(waited.error(), EPOLLOUT);
}

Result<Channel::Taken> PairSocket::take_or_wait(Incoming& message, bool blocking, uint64_t& deadline) {
  while (true) {
    // Looked at before the channel: a peer may write and go.
    const bool over = shut() & PairLink::kRead;
    auto taken = in().take(message.data, is_stream(), message.flags & kMsgPeek);
    if (taken.ok() || taken.error() != Errno(EAGAIN)) return taken;
    if (const int error = link_->error[side_].exchange(0)) return Errno(error);
    if (over) return Channel::Taken{};
    if (!blocking) return Errno(EAGAIN);
    if (deadline == 0) deadline = deadline_ns(EPOLLIN);
    Result<void> waited = sched::wait_until(
        link_->queues[side_],
        [&] { return !in().empty() || (shut() & PairLink::kRead) || link_->error[side_].load(); }, deadline);
    if (!waited.ok()) return wait_error(waited.error(), EPOLLIN);
  }
}

Result<void> PairSocket::deliver(Incoming& message, const Channel::Taken& taken) {
  if (!message.control) return ok();
  auto credentials = taken.credentials;
  if (!pass_credentials_.load(std::memory_order_relaxed))
    credentials.reset();
  else if (!credentials)
    credentials = own_credentials();
  return message.control->deliver(credentials, taken.files, message.flags & kMsgControlCloseOnExec);
}

Result<size_t> PairSocket::receive(Incoming& message) {
  if (message.flags & kMsgOob) return Errno(EOPNOTSUPP);
  if (message.flags & kMsgErrorQueue) return Errno(EAGAIN);
  const bool all = is_stream() && (message.flags & kMsgWaitAll) && !(message.flags & kMsgPeek);
  const bool blocking = may_block(message.flags);
  uint64_t deadline = 0;
  if (message.from) message.from->size = 0;  // nobody here has a name
  Channel::Taken taken = TRY(take_or_wait(message, blocking, deadline));
  if (!(message.flags & kMsgPeek)) notify_peer(kWritable);
  size_t done = taken.count;
  const size_t length = taken.length;
  TRY(deliver(message, taken));
  while (all && length > 0 && taken.files.empty() && message.data.remaining() > 0) {
    Result<Channel::Taken> more = take_or_wait(message, blocking, deadline);
    if (!more.ok() || more.value().count == 0) break;
    notify_peer(kWritable);
    done += more.value().count;
  }
  if (is_stream()) return done;
  if (length > done) message.message_flags |= kMsgTruncated;
  return message.flags & kMsgTruncated ? length : done;
}

Result<uint64_t> PairSocket::ioctl(uint32_t request, uint64_t argument) {
  int size;
  if (request == FIONREAD)
    size = static_cast<int>(in().next_size(is_stream()));
  else if (request == TIOCOUTQ)
    size = static_cast<int>(out().used());
  else
    return Errno(ENOTTY);
  TRY(boundary::write_app(AppPtr<int>(argument), size));
  return uint64_t{0};
}

// Options about the way over a network are accepted as on Linux, and have as little effect.
Result<void> PairSocket::set_own_option(int level, int name, AppPtr<const void> value, uint32_t size) {
  if (level != SOL_SOCKET) return Errno(EOPNOTSUPP);
  if (!find_option(level, name)) return Errno(ENOPROTOOPT);
  if (size < sizeof(int)) return Errno(EINVAL);
  const int number = TRY(boundary::read_app(value.cast<const int>()));
  if (name == SO_PASSCRED) pass_credentials_.store(number != 0, std::memory_order_relaxed);
  return ok();
}

Result<void> PairSocket::get_own_option(int level, int name, AppPtr<void> value, AppPtr<uint32_t> size,
                                        uint32_t room) {
  if (level != SOL_SOCKET) return Errno(EOPNOTSUPP);
  if (name == SO_PEERCRED) {
    const Credentials credentials = own_credentials();
    return answer_option(value, size, room, &credentials, sizeof credentials);
  }
  int number = 0;
  if (name == SO_TYPE)
    number = kind().type;
  else if (name == SO_DOMAIN)
    number = kind().family;
  else if (name == SO_SNDBUF || name == SO_RCVBUF)
    number = Channel::kCapacity;
  else if (name == SO_PASSCRED)
    number = pass_credentials_.load(std::memory_order_relaxed);
  else if (!find_option(level, name))
    return Errno(ENOPROTOOPT);
  return answer_option(value, size, room, &number, sizeof number);
}

}  // namespace scone::net
