// Sockets (socket(2)).
//
// A socket object owns the readiness and the movement of its data: the rest of the runtime sees a File with poll() and
// wait_queue(). Kinds: HostSocket (host_socket.h) and PairSocket (pair_socket.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/file/file.h"
#include "enclave/file/host_descriptor.h"
#include "enclave/file/text.h"
#include "enclave/net/address.h"
#include "enclave/net/control.h"
#include "enclave/net/socket_abi.h"

namespace scone::net {

// One send(2) or sendmsg(2).
struct Outgoing {
  file::IoVector& data;
  int flags = 0;                       // kMsg…
  const Address* to = nullptr;         // nullptr: none
  OutgoingControl* control = nullptr;  // nullptr: none
};

// One recv(2) or recvmsg(2).
struct Incoming {
  file::IoVector& data;
  int flags = 0;
  Address* from = nullptr;             // filled in if not nullptr
  IncomingControl* control = nullptr;  // nullptr: not wanted
  int message_flags = 0;               // answer: MSG_TRUNC and its like
};

// What socket(2) was asked for.
struct SocketKind {
  int family;
  int type;
  int protocol;
};

class Socket : public file::File {
 public:
  // As the system calls of these names. Those that wait: kRestartSys, or EINTR when the socket has a timeout.
  virtual Result<void> bind(const Address& address) = 0;
  virtual Result<void> listen(int backlog) = 0;
  virtual Result<void> connect(const Address& address) = 0;
  virtual Result<Ref<file::File>> accept(Address* peer, int flags) = 0;  // flags: SOCK_NONBLOCK
  virtual Result<void> shutdown(int how) = 0;
  // Sends bytes of a host file that is known to have them, without reporting how far that has got. ENOTSUP.
  virtual Result<size_t> send_file(const Ref<file::HostDescriptor>&, uint64_t /*offset*/, size_t /*count*/) {
    return Errno(ENOTSUP);
  }
  virtual bool sends_behind() { return false; }
  virtual Result<Address> local_address() = 0;
  virtual Result<Address> peer_address() = 0;
  // Return bytes moved; a receive with MSG_TRUNC the length of the datagram.
  virtual Result<size_t> send(const Outgoing& message) = 0;
  virtual Result<size_t> receive(Incoming& message) = 0;
  Result<void> set_option(int level, int name, AppPtr<const void> value, uint32_t size);
  Result<void> get_option(int level, int name, AppPtr<void> value, AppPtr<uint32_t> size);

  Result<size_t> read(file::IoVector& to, std::optional<uint64_t> offset) final;
  Result<size_t> write(file::IoVector& from, std::optional<uint64_t> offset) final;
  Result<uint64_t> seek(int64_t, int) final { return Errno(ESPIPE); }
  Result<void> stat(struct ::stat& result) final;
  const char* name() const final { return name_.c_str(); }
  Socket* as_socket() final { return this; }

 protected:
  Socket(const SocketKind& kind, int flags);

  // Options other than timeouts and SO_ERROR. ENOPROTOOPT.
  virtual Result<void> set_own_option(int level, int name, AppPtr<const void> value, uint32_t size) = 0;
  virtual Result<void> get_own_option(int level, int name, AppPtr<void> value, AppPtr<uint32_t> size,
                                      uint32_t room) = 0;
  // SO_ERROR: the pending error, which is then forgotten; 0: none.
  virtual Result<int> take_error() = 0;

  const SocketKind& kind() const { return kind_; }
  bool is_stream() const { return kind_.type == kStream; }
  bool may_block(int flags) const { return !nonblocking() && !(flags & kMsgDontWait); }

  // SO_RCVTIMEO (EPOLLIN) or SO_SNDTIMEO (EPOLLOUT), ns; 0: none. The deadline is kNever without one.
  uint64_t timeout_ns(uint32_t events) const;
  uint64_t deadline_ns(uint32_t events) const;
  // What the program sees of a wait for `events` that ended without them.
  Errno wait_error(Errno error, uint32_t events) const;
  // Raises SIGPIPE where a failed send does.
  Errno send_error(Errno error, int flags) const;

 private:
  Result<void> set_timeout(uint32_t events, AppPtr<const void> value, uint32_t size);

  const SocketKind kind_;
  std::atomic<uint64_t> receive_timeout_ns_{0};
  std::atomic<uint64_t> send_timeout_ns_{0};
  const uint64_t inode_;
  file::FixedText<32> name_;
};

// Writes an option's value as far as there is room for, and the size written.
Result<void> answer_option(AppPtr<void> value, AppPtr<uint32_t> size, uint32_t room, const void* from,
                           uint32_t from_size);

}  // namespace scone::net
