// Sockets of the host.
//
// The host's socket is non-blocking. Blocking, timeouts, MSG_WAITALL and SIGPIPE are made here.
#pragma once

#include "base/ref.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/net/readiness.h"
#include "enclave/net/socket.h"
#include "enclave/net/stream.h"

namespace scone::net {

class HostMessage;

class HostSocket final : public Socket {
 public:
  // socket(2): type may include SOCK_NONBLOCK. The host's errors; EAFNOSUPPORT for families that are not let through.
  static Result<Ref<file::File>> create(int family, int type, int protocol);
  // A socket of the host that is ours already and has O_NONBLOCK there; `flags`: the program's O_NONBLOCK.
  static Result<Ref<file::File>> adopt(HostFd fd, int flags);

  Result<void> bind(const Address& address) override;
  Result<void> listen(int backlog) override;
  Result<void> connect(const Address& address) override;
  Result<Ref<file::File>> accept(Address* peer, int flags) override;
  Result<void> shutdown(int how) override;
  Result<Address> local_address() override { return ask_address(false); }
  Result<Address> peer_address() override { return ask_address(true); }
  Result<size_t> send(const Outgoing& message) override;
  Result<size_t> receive(Incoming& message) override;

  ~HostSocket() override;

  // sendfile(2) without waiting for the host: see Stream::put_file(). ENOTSUP: this socket does not send behind.
  Result<size_t> send_file(const Ref<file::HostDescriptor>& from, uint64_t offset, size_t count) override;
  bool sends_behind() override { return stream() != nullptr; }
  Result<uint64_t> ioctl(uint32_t request, uint64_t argument) override;
  uint32_t poll() override { return source_.events(); }
  sched::WaitQueue* wait_queue() override { return &source_.queue(); }
  // A socket that cannot be watched counts as ready.
  void expect(uint32_t events) override;
  const HostFd* host_fd() override { return &fd_; }
  ReadySource* ready_source() override { return &source_; }

 private:
  // The answer of a host call, and when it was begun.
  struct Attempt {
    uint64_t value;
    uint32_t epoch;
  };
  HostSocket(HostFd fd, const SocketKind& kind, int flags);
  static Result<Ref<HostSocket>> make(HostFd fd, const SocketKind& kind, int flags);

  Result<void> set_own_option(int level, int name, AppPtr<const void> value, uint32_t size) override;
  Result<void> get_own_option(int level, int name, AppPtr<void> value, AppPtr<uint32_t> size,
                              uint32_t room) override;
  Result<int> take_error() override;

  uint64_t number() const { return static_cast<uint64_t>(fd_.number()); }

  // Repeats `call` as long as it would block and `blocking`: parks until the socket has one of `events`.
  template <typename Call>
  Result<Attempt> perform(uint32_t events, bool blocking, Call call);
  // The stream, begun if this socket can have one; nullptr: each call goes to the host.
  Stream* stream();
  Result<size_t> receive_from_stream(Stream& stream, Incoming& message);
  Result<size_t> send_to_stream(Stream& stream, const Outgoing& message);
  bool worth_looking(Stream& stream) const;
  void note_connected() { connected_.store(true, std::memory_order_relaxed); }
  void note_listening(const Address& address) const;
  void note_connecting(const Address& address) const;
  // Before a call that the host must see behind everything sent so far.
  void settle();
  Result<void> wait(uint32_t events, uint64_t& deadline_ns);
  bool has_edges(uint32_t events) const;

  Result<void> finish_connecting();
  Result<Address> ask_address(bool peer);
  Result<size_t> send_piece(const Outgoing& message, HostMessage& host, size_t length, bool first);
  static uint32_t receive_events(int flags);
  Result<size_t> receive_plain(Incoming& message, size_t length, bool blocking);
  Result<size_t> receive_message(Incoming& message, size_t length, bool blocking);
  size_t receive_rest(Incoming& message, bool exhausted);
  void after_receive(const Attempt& attempt, size_t length, int flags);
  Result<uint64_t> interface_list(uint64_t argument);

  const HostFd fd_;
  ReadySource source_;            // behind fd_
  std::atomic<bool> connected_{false};
  sched::Mutex beginning_;        // of the stream
  Stream* stream_ = nullptr;      // owned; guarded by beginning_ until source_.stream() shows it
  bool no_stream_ = false;        // it was tried in vain; guarded by beginning_
};

// By fstat.
bool is_host_socket(const HostFd& fd);

}  // namespace scone::net
