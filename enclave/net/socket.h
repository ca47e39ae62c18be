// Sockets (socket(2)) over non-blocking sockets of the host.
//
// The socket object owns readiness and movement of its data: the rest of the runtime sees a File with poll() and
// wait_queue(). Blocking, timeouts, MSG_WAITALL and SIGPIPE are made here, not by the host.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/file/file.h"
#include "enclave/file/text.h"
#include "enclave/net/address.h"
#include "enclave/net/control.h"
#include "enclave/net/readiness.h"
#include "enclave/net/socket_abi.h"

namespace scone::net {

class HostMessage;

// One send(2) or sendmsg(2).
struct Outgoing {
  file::IoVector& data;
  int flags = 0;                             // kMsg…
  const Address* to = nullptr;               // nullptr: none
  const OutgoingControl* control = nullptr;  // nullptr: none
};

// One recv(2) or recvmsg(2).
struct Incoming {
  file::IoVector& data;
  int flags = 0;
  Address* from = nullptr;             // filled in if not nullptr
  IncomingControl* control = nullptr;  // nullptr: not wanted
  int message_flags = 0;               // answer: MSG_TRUNC and its like
};

class Socket final : public file::File {
 public:
  // socket(2): type may include SOCK_NONBLOCK. The host's errors; EAFNOSUPPORT for families that are not let through.
  static Result<Ref<file::File>> create(int family, int type, int protocol);
  static Result<void> create_pair(int family, int type, int protocol, Ref<file::File>& first, Ref<file::File>& second);
  // A socket of the host that is ours already and has O_NONBLOCK there; `flags`: the program's O_NONBLOCK.
  static Result<Ref<file::File>> adopt(HostFd fd, int flags);

  // As the system calls of these names. Those that wait: kRestartSys, or EINTR when the socket has a timeout.
  Result<void> bind(const Address& address);
  Result<void> listen(int backlog);
  Result<void> connect(const Address& address);
  Result<Ref<file::File>> accept(Address* peer, int flags);
  Result<void> shutdown(int how);
  Result<Address> local_address() { return ask_address(false); }
  Result<Address> peer_address() { return ask_address(true); }
  // Return bytes moved; a receive with MSG_TRUNC the length of the datagram.
  Result<size_t> send(const Outgoing& message);
  Result<size_t> receive(Incoming& message);
  Result<void> set_option(int level, int name, AppPtr<const void> value, uint32_t size);
  Result<void> get_option(int level, int name, AppPtr<void> value, AppPtr<uint32_t> size);

  Result<size_t> read(file::IoVector& to, std::optional<uint64_t> offset) override;
  Result<size_t> write(file::IoVector& from, std::optional<uint64_t> offset) override;
  Result<uint64_t> seek(int64_t, int) override { return Errno(ESPIPE); }
  Result<uint64_t> ioctl(uint32_t request, uint64_t argument) override;
  Result<void> stat(struct ::stat& result) override;
  uint32_t poll() override { return source_.events(); }
  sched::WaitQueue* wait_queue() override { return &source_.queue(); }
  // A socket that cannot be watched counts as ready.
  void expect(uint32_t) override { (void)source_.arm(fd_).ok(); }
  const HostFd* host_fd() override { return &fd_; }
  ReadySource* ready_source() override { return &source_; }
  const char* name() const override { return name_.c_str(); }
  Socket* as_socket() override { return this; }

 private:
  struct Kind {
    int family;
    int type;
    int protocol;
  };
  // The answer of a host call, and when it was begun.
  struct Attempt {
    uint64_t value;
    uint32_t epoch;
  };
  Socket(HostFd fd, const Kind& kind, int flags);
  static Result<Ref<file::File>> make(HostFd fd, const Kind& kind, int flags);

  uint64_t number() const { return static_cast<uint64_t>(fd_.number()); }
  bool is_stream() const { return kind_.type == kStream; }
  bool may_block(int flags) const { return !nonblocking() && !(flags & kMsgDontWait); }
  uint64_t timeout_ns(uint32_t events) const;

  // Repeats `call` as long as it would block and `blocking`: parks until the socket has one of `events`.
  template <typename Call>
  Result<Attempt> perform(uint32_t events, bool blocking, Call call);
  Result<void> wait(uint32_t events, uint64_t& deadline_ns);
  bool has_edges(uint32_t events) const;

  Result<void> finish_connecting();
  Result<int> take_error();
  Result<Address> ask_address(bool peer);

  Result<size_t> send_piece(const Outgoing& message, HostMessage& host, size_t length, bool first);
  Errno send_error(Errno error, int flags);

  static uint32_t receive_events(int flags);
  Result<size_t> receive_plain(Incoming& message, size_t length, bool blocking);
  Result<size_t> receive_message(Incoming& message, size_t length, bool blocking);
  size_t receive_rest(Incoming& message, bool exhausted);
  void after_receive(const Attempt& attempt, size_t length, int flags);

  Result<void> set_timeout(uint32_t events, AppPtr<const void> value, uint32_t size);
  Result<uint64_t> interface_list(uint64_t argument);

  const Kind kind_;
  const HostFd fd_;
  ReadySource source_;  // behind fd_
  std::atomic<uint64_t> receive_timeout_ns_{0};  // SO_RCVTIMEO; 0: none
  std::atomic<uint64_t> send_timeout_ns_{0};     // SO_SNDTIMEO
  const uint64_t inode_;
  file::FixedText<32> name_;
};

// By fstat.
bool is_host_socket(const HostFd& fd);

}  // namespace scone::net
