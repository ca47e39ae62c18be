// Socket pairs (socketpair(2)) inside the enclave: their data never leave it.
#pragma once

#include <atomic>

#include "base/ref.h"
#include "enclave/net/channel.h"
#include "enclave/net/socket.h"
#include "enclave/sched/wait_queue.h"

namespace scone::net {

// What both ends share. Side s writes to channels[s].
struct PairLink final : RefCounted {
  enum Shut : uint32_t { kRead = 1, kWrite = 2 };

  Channel channels[2];
  sched::WaitQueue queues[2];          // of the waiters on each side
  std::atomic<uint32_t> shut[2] = {};  // by shutdown(2)
  std::atomic<bool> closed[2] = {};
  std::atomic<int> error[2] = {};  // SO_ERROR
};

class PairSocket final : public Socket {
 public:
  // socketpair(2); `flags`: O_NONBLOCK. EOPNOTSUPP: a family without pairs; ESOCKTNOSUPPORT, EPROTONOSUPPORT, ENOMEM.
  static Result<void> create(const SocketKind& kind, int flags, Ref<file::File>& first,
                             Ref<file::File>& second);
  ~PairSocket() override;

  Result<void> bind(const Address&) override { return Errno(EINVAL); }
  Result<void> listen(int) override { return Errno(EINVAL); }
  Result<void> connect(const Address&) override { return Errno(EISCONN); }
  Result<Ref<file::File>> accept(Address*, int) override;
  Result<void> shutdown(int how) override;
  Result<Address> local_address() override { return unnamed(); }
  Result<Address> peer_address() override { return unnamed(); }
  Result<size_t> send(const Outgoing& message) override;
  Result<size_t> receive(Incoming& message) override;

  Result<uint64_t> ioctl(uint32_t request, uint64_t argument) override;
  uint32_t poll() override;
  sched::WaitQueue* wait_queue() override { return &link_->queues[side_]; }

 private:
  PairSocket(const SocketKind& kind, int flags, Ref<PairLink> link, int side)
      : Socket(kind, flags), link_(std::move(link)), side_(side) {}

  Result<void> set_own_option(int level, int name, AppPtr<const void> value, uint32_t size) override;
  Result<void> get_own_option(int level, int name, AppPtr<void> value, AppPtr<uint32_t> size,
                              uint32_t room) override;
  Result<int> take_error() override { return link_->error[side_].exchange(0); }

  bool is_datagram() const { return kind().type == kDatagram; }
  int peer() const { return 1 - side_; }
  Channel& out() { return link_->channels[side_]; }
  Channel& in() { return link_->channels[peer()]; }
  void notify_peer(uint32_t events) { link_->queues[peer()].notify(events); }
  uint32_t shut() const;
  Result<void> check_sending() const;
  Result<size_t> send_all(const Outgoing& message, PassedFiles& files);
  Result<void> wait_for_room(size_t size, uint64_t& deadline_ns);
  Result<Channel::Taken> take_or_wait(Incoming& message, bool blocking, uint64_t& deadline_ns);
  Result<void> deliver(Incoming& message, const Channel::Taken& taken);
  static Address unnamed();

  const Ref<PairLink> link_;
  const int side_;
  std::atomic<bool> pass_credentials_{false};  // SO_PASSCRED
};

}  // namespace scone::net
