// TCP sockets whose data waits on this side of the border (stream.h).
#include <linux/errno.h>

#include <atomic>

#include "abi/border.h"
#include "base/min_max.h"
#include "enclave/boundary/host_state.h"
#include "enclave/net/host_socket.h"
#include "enclave/net/stream_arrivals.h"

namespace scone::net {
namespace {

// A settled socket has nothing left that the next crossing would not take with it, so a few crossings are enough.
constexpr int kSettlingRounds = 4;

// Ports that this process listens on, and whether it connects to one of them: then what it has sent may be what it is about to receive.
std::atomic<uint64_t> g_own_ports[65536 / 64];
std::atomic<bool> g_talks_to_itself{false};

// The port in a struct sockaddr_in or sockaddr_in6, or 0.
uint32_t port_of(const Address& address) {
  if (address.size < 4) return 0;
  const uint32_t family = address.bytes[0] | uint32_t{address.bytes[1]} << 8;
  if (family != kInet && family != kInet6) return 0;
  return uint32_t{address.bytes[2]} << 8 | address.bytes[3];
}

bool receives_ahead() { return boundary::start_info().flags & abi::kFlagReceiveAhead; }

}  // namespace

HostSocket::~HostSocket() { delete stream_; }

void HostSocket::note_listening(const Address& address) const {
  const uint32_t port = port_of(address);
  g_own_ports[port / 64].fetch_or(uint64_t{1} << port % 64, std::memory_order_relaxed);
}

void HostSocket::note_connecting(const Address& address) const {
  const uint32_t port = port_of(address);
  if (port && g_own_ports[port / 64].load(std::memory_order_relaxed) >> port % 64 & 1)
    g_talks_to_itself.store(true, std::memory_order_relaxed);
}

// A connection is received ahead from when the program first wants to read from it: one that only passes it on has not.
Stream* HostSocket::stream() {
  if (Stream* own = source_.stream()) [[likely]] return own;
  const bool internet = kind().family == kInet || kind().family == kInet6;
  if (!receives_ahead() || !is_stream() || !internet || !connected_.load(std::memory_order_relaxed)) return nullptr;
  sched::MutexGuard guard(beginning_);
  if (no_stream_ || stream_) return source_.stream();
  Result<Stream*> created = Stream::create(*this, source_, fd_);
  if (created.ok()) stream_ = created.value();
  if (!created.ok() || !source_.arm_for(*stream_, fd_).ok()) {
    no_stream_ = true;
    return nullptr;
  }
  stream_->start();
  return stream_;
}

void HostSocket::expect(uint32_t events) {
  if (!(events & (EPOLLIN | EPOLLRDNORM)) || !stream()) (void)source_.arm(fd_).ok();
}

void HostSocket::settle() {
  Stream* own = source_.stream();
  for (int i = 0; own && i < kSettlingRounds && !own->sent_all() && !own->blocked(); ++i) harvest();
}

// Nothing is here. Natively the kernel would look; so does this, unless the program has just drained the socket and no crossing is due:
// nothing that it could know of has happened since the last one.
bool HostSocket::worth_looking(Stream& stream) const {
  return !stream.first_look() || harvest_is_stale();
}

Result<size_t> HostSocket::receive_from_stream(Stream& stream, Incoming& message) {
  const bool blocking = may_block(message.flags);
  const bool peek = message.flags & kMsgPeek;
  const bool all = (message.flags & kMsgWaitAll) && !peek;
  const size_t wanted = message.data.remaining();
  uint64_t deadline_ns = 0;
  size_t done = 0;
  bool looked = false;
  if (message.from) *message.from = Address();
  if (g_talks_to_itself.load(std::memory_order_relaxed) && (sends_wait() || boundary::posted() > 0)) harvest();
  while (true) {
    Result<size_t> taken = stream.take({message.data, wanted - done, peek, (message.flags & kMsgTruncated) != 0, done > 0});
    if (taken.ok()) {
      done += taken.value();
      if (!all || taken.value() == 0 || done >= wanted) return done;
      continue;
    }
    if (taken.error() != Errno(EAGAIN)) return done > 0 ? Result<size_t>(done) : taken.error();
    if (!blocking) {
      if (done > 0) return done;
      if (looked || !worth_looking(stream)) return Errno(EAGAIN);
      harvest();
      looked = true;
      continue;
    }
    Result<void> waited = wait(EPOLLIN, deadline_ns);
    if (!waited.ok()) return done > 0 ? Result<size_t>(done) : waited.error();
  }
}

Result<size_t> HostSocket::send_to_stream(Stream& stream, const Outgoing& message) {
  const bool blocking = may_block(message.flags);
  uint64_t deadline_ns = 0;
  size_t done = 0;
  while (true) {
    Result<size_t> put = stream.put(message.data);
    if (!put.ok() && put.error() != Errno(EAGAIN))
      return done > 0 ? Result<size_t>(done) : send_error(put.error(), message.flags);
    if (put.ok()) done += put.value();
    if (message.data.remaining() == 0) break;
    // There is no room until the kernel has none.
    if (!stream.blocked()) {
      harvest();
      continue;
    }
    if (!blocking) break;
    Result<void> waited = wait(EPOLLOUT, deadline_ns);
    if (!waited.ok()) return done > 0 ? Result<size_t>(done) : waited.error();
  }
  if (done == 0 && message.data.remaining() > 0) return Errno(EAGAIN);
  return done;
}

Result<size_t> HostSocket::send_file(const Ref<file::HostDescriptor>& from, uint64_t offset, size_t count) {
  Stream* own = source_.stream();
  if (!own) return Errno(ENOTSUP);
  uint64_t deadline_ns = 0;
  while (true) {
    Result<size_t> put = own->put_file(from, offset, count);
    if (put.ok()) return put;
    if (put.error() != Errno(EAGAIN)) return send_error(put.error(), 0);
    if (!own->blocked()) {
      harvest();
      continue;
    }
    if (nonblocking()) return put;
    TRY(wait(EPOLLOUT, deadline_ns));
  }
}

}  // namespace scone::net
