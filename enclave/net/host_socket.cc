// Making, naming and connecting sockets of the host.
#include "enclave/net/host_socket.h"

#include <asm/socket.h>
#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/errno.h>

#include <new>

#include "enclave/boundary/host_call.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/mode.h"
#include "enclave/net/host_socket_perform.h"
#include "enclave/net/timeout.h"
#include "enclave/process/restart.h"
#include "enclave/sched/clock.h"

namespace scone::net {
namespace {

constexpr int kTypeMask = 0xf;
// How often a condition is looked at that the host gives no edges for.
constexpr uint64_t kRetryNs = 2 * kNsPerMillisecond;

bool is_supported(int family) {
  return family == kUnix || family == kInet || family == kInet6 || family == kNetlink;
}

uint64_t host_type(int type) {
  return static_cast<uint64_t>((type & kTypeMask) | kSockNonBlock | kSockCloseOnExec);
}

// An int option of SOL_SOCKET, straight from the host.
Result<int> host_option(const HostFd& fd, int name) {
  struct {
    int value;
    uint32_t size;
  } cell{0, sizeof(int)};
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof cell));
  buffer.put(0, cell);
  TRY(host_call(__NR_getsockopt, static_cast<uint64_t>(fd.number()), SOL_SOCKET, static_cast<uint64_t>(name),
                buffer.address(), buffer.address() + sizeof(int)));
  return buffer.get<int>(0);
}

Result<HostBuffer> to_host(const Address& address) {
  HostBuffer buffer = TRY(HostBuffer::allocate(address.size));
  buffer.write(0, address.bytes, address.size);
  return buffer;
}

// Room for an address that a host call fills in.
struct AddressBuffer {
  static constexpr size_t kAddress = 8;  // behind the length
  HostBuffer buffer;

  static Result<AddressBuffer> allocate() {
    AddressBuffer result{TRY(HostBuffer::allocate(kAddress + Address::kMaxSize))};
    result.reset();
    return result;
  }
  void reset() { buffer.put<uint32_t>(0, Address::kMaxSize); }
  uint64_t size_argument() const { return buffer.address(); }
  uint64_t address_argument() const { return buffer.address() + kAddress; }
  Address get() const { return Address::from_host(buffer, kAddress, buffer.get<uint32_t>(0)); }
};

}  // namespace

HostSocket::HostSocket(HostFd fd, const SocketKind& kind, int flags)
    : Socket(kind, flags), fd_(std::move(fd)) {
  source_.bind(fd_);
}

Result<Ref<HostSocket>> HostSocket::make(HostFd fd, const SocketKind& kind, int flags) {
  auto* socket = new (std::nothrow) HostSocket(std::move(fd), kind, flags);
  if (!socket) return Errno(ENOMEM);
  return Ref<HostSocket>::adopt(socket);
}

Result<Ref<file::File>> HostSocket::create(int family, int type, int protocol) {
  if (!is_supported(family)) return Errno(EAFNOSUPPORT);
  const uint64_t fd = TRY(host_call(__NR_socket, static_cast<uint64_t>(family), host_type(type),
                                    static_cast<uint64_t>(protocol)));
  return Ref<file::File>(
      TRY(make(TRY(HostFd::adopt(fd)), {family, type & kTypeMask, protocol}, type & kSockNonBlock)));
}

Result<Ref<file::File>> HostSocket::adopt(HostFd fd, int flags) {
  const SocketKind kind{TRY(host_option(fd, SO_DOMAIN)), TRY(host_option(fd, SO_TYPE)),
                        TRY(host_option(fd, SO_PROTOCOL))};
  return Ref<file::File>(TRY(make(std::move(fd), kind, flags)));
}

bool is_host_socket(const HostFd& fd) {
  Result<HostBuffer> buffer = HostBuffer::allocate(file::kHostStatSize);
  if (!buffer.ok()) return false;
  if (!host_call(__NR_fstat, static_cast<uint64_t>(fd.number()), buffer.value().address()).ok()) return false;
  struct ::stat stat;
  file::read_host_stat(buffer.value(), stat);
  return (stat.st_mode & file::kModeType) == file::kModeSocket;
}

// False where "no" now may become "yes" without an edge: a sender of UNIX datagrams waits for its receiver's queue, which epoll
// does not watch; an error queue may be filled while EPOLLERR holds already.
bool HostSocket::has_edges(uint32_t events) const {
  if (events & EPOLLERR) return false;
  return !(events & EPOLLOUT) || kind().family != kUnix || kind().type == kStream;
}

// deadline_ns is computed at the first wait of a call; 0 before.
Result<void> HostSocket::wait(uint32_t events, uint64_t& deadline_ns) {
  if (deadline_ns == 0) deadline_ns = Socket::deadline_ns(events);
  if (!source_.stream()) TRY(source_.arm(fd_));
  Result<void> result;
  if (has_edges(events)) {
    result = source_.wait(events, deadline_ns);
  } else {
    const uint64_t retry_ns = deadline_after(sched::now_ns(), kRetryNs);
    const bool last = deadline_ns <= retry_ns;
    result = sched::wait_until(
        source_.queue(), [] { return false; }, last ? deadline_ns : retry_ns);
    if (!last && !result.ok() && result.error() == Errno(ETIMEDOUT)) return ok();
  }
  if (result.ok()) return ok();
  return wait_error(result.error(), events);
}

Result<void> HostSocket::bind(const Address& address) {
  HostBuffer buffer = TRY(to_host(address));
  TRY(host_call(__NR_bind, number(), buffer.address(), address.size));
  return ok();
}

Result<void> HostSocket::listen(int backlog) {
  TRY(host_call(__NR_listen, number(), static_cast<uint64_t>(backlog)));
  if (auto address = ask_address(false); address.ok()) note_listening(address.value());
  source_.reset();
  return ok();
}

Result<void> HostSocket::shutdown(int how) {
  settle();
  if (Stream* own = source_.stream(); own && own->shut_down_later(how)) return ok();
  Result<uint64_t> result = host_call(__NR_shutdown, number(), static_cast<uint64_t>(how));
  source_.reset();
  if (Stream* own = source_.stream()) own->on_edge(0);
  if (!result.ok()) return result.error();
  // Own waiters learn of it here; the host tells of it by an edge, too, but only those who watch.
  source_.queue().notify(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
  return ok();
}

Result<void> HostSocket::connect(const Address& address) {
  HostBuffer buffer = TRY(to_host(address));
  note_connecting(address);
  uint64_t deadline_ns = 0;
  while (true) {
    Result<uint64_t> result = host_call(__NR_connect, number(), buffer.address(), address.size);
    source_.reset();
    if (result.ok()) {
      note_connected();
      return ok();
    }
    const bool under_way = result.error() == Errno(EINPROGRESS) || result.error() == Errno(EALREADY);
    // A UNIX socket whose peer's backlog is full; a datagram socket is never under way.
    const bool retry = result.error() == Errno(EAGAIN) && kind().family == kUnix;
    if (nonblocking() || !(under_way || retry)) return result.error();
    if (under_way) return finish_connecting();
    if (deadline_ns == 0) deadline_ns = Socket::deadline_ns(EPOLLOUT);
    const uint64_t now = sched::now_ns();
    if (now >= deadline_ns) return Errno(EAGAIN);
    auto waited = sched::wait_until(
        source_.queue(), [] { return false; }, deadline_after(now, kRetryNs));
    if (waited.error() != Errno(ETIMEDOUT)) return wait_error(waited.error(), EPOLLOUT);
  }
}

Result<void> HostSocket::finish_connecting() {
  uint64_t deadline_ns = 0;
  while (!(source_.events(EPOLLOUT) & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
    Result<void> waited = wait(EPOLLOUT, deadline_ns);
    if (!waited.ok()) return waited.error() == Errno(EAGAIN) ? Errno(EINPROGRESS) : waited.error();
  }
  const int error = TRY(take_error());
  source_.reset();
  if (!error) note_connected();
  return error ? Result<void>(Errno(error)) : ok();
}

Result<int> HostSocket::take_error() {
  if (Stream* own = source_.stream())
    if (const int error = own->take_error()) return error;
  const int error = TRY(host_option(fd_, SO_ERROR));
  source_.forget(EPOLLERR);
  if (error < 0 || error > 4095) boundary::host_violation("an error number that no kernel knows");
  return error;
}

Result<Ref<file::File>> HostSocket::accept(Address* peer, int flags) {
  AddressBuffer address;
  if (peer) address = TRY(AddressBuffer::allocate());
  const Attempt attempt = TRY(perform(EPOLLIN, may_block(0), [&] {
    if (peer) address.reset();
    return host_call(__NR_accept4, number(), peer ? address.address_argument() : 0,
                     peer ? address.size_argument() : 0, kSockNonBlock | kSockCloseOnExec);
  }));
  // There may be more of them.
  source_.forget(EPOLLIN);
  HostFd fd = TRY(HostFd::adopt(attempt.value));
  if (peer) *peer = address.get();
  Ref<HostSocket> socket = TRY(make(std::move(fd), kind(), flags & kSockNonBlock));
  socket->note_connected();
  return Ref<file::File>(std::move(socket));
}

Result<Address> HostSocket::ask_address(bool peer) {
  AddressBuffer address = TRY(AddressBuffer::allocate());
  TRY(host_call(peer ? __NR_getpeername : __NR_getsockname, number(), address.address_argument(),
                address.size_argument()));
  return address.get();
}

}  // namespace scone::net
