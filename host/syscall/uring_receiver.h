// Receiving ahead by io_uring(7): one multishot receive per stream, so that data needs neither an event nor a call of its own. For one ethread.
#pragma once

#include <liburing.h>

#include <deque>
#include <memory>
#include <unordered_map>

#include "base/result.h"
#include "host/syscall/receiver.h"

namespace scone::host {

class UringReceiver final : public Receiver {
 public:
  // To be made by the thread that will run the ethread. `epoll`: the master epoll. ENOSYS, EPERM: there is no io_uring here, as in many
  // containers; EINVAL: the kernel is older than 6.1.
  static Result<std::unique_ptr<UringReceiver>> create(int epoll, char* buffers);
  ~UringReceiver() override;

  int64_t receive(uint64_t token, int fd, uint64_t buffers) override;
  int64_t stop(uint64_t token) override;
  void take_back(const abi::EthreadArea& area) override;
  bool before_wait(unsigned ethread, abi::EthreadArea& area) override;
  bool waits() const override { return true; }
  bool wait(const timespec* timeout, abi::EthreadArea& area) override;
  uint32_t on_event(const epoll_event& event, unsigned, abi::EthreadArea&) override { return event.events; }

 private:
  struct Held {
    int64_t result;
    uint32_t buffer;
  };
  struct Stream {
    int fd = -1;
    uint64_t allowed = 0;    // buffers that the enclave still takes
    bool armed = false;      // a receive is under way
    bool stopping = false;   // it was cancelled
    bool ended = false;      // its end or error was seen
    std::deque<Held> held;   // came although the enclave takes no more
  };
  UringReceiver(int epoll, char* buffers) : epoll_(epoll), buffers_(buffers) {}
  Result<void> set_up();
  io_uring_sqe* next_entry();
  void watch_epoll();
  void arm(uint64_t token, Stream& stream);
  void cancel(uint64_t token);
  void offer(uint32_t buffer);
  void take_completions(abi::EthreadArea& area);
  void completed(const io_uring_cqe& completion, abi::EthreadArea& area);
  void bring(uint64_t token, Stream& stream, const Held& what, abi::EthreadArea& area);
  void bring_held(uint64_t token, Stream& stream, abi::EthreadArea& area);

  const int epoll_;
  char* const buffers_;
  io_uring ring_{};
  io_uring_buf_ring* offered_ = nullptr;
  bool epoll_ready_ = false;
  std::unordered_map<uint64_t, Stream> streams_;
  std::vector<uint64_t> waiting_;  // tokens of streams that may have held arrivals for which there is room now
};

}  // namespace scone::host
