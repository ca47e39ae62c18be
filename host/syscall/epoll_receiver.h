// Receiving ahead by epoll(7) and recv(2): works in every container, and for any number of ethreads.
#pragma once

#include <mutex>
#include <unordered_map>

#include "host/syscall/receiver.h"

namespace scone::host {

class EpollReceiver final : public Receiver {
 public:
  // `areas`: abi::kMaxEthreads of them; `epoll`: the master epoll, in which the enclave registers descriptors.
  EpollReceiver(int epoll, char* buffers, abi::EthreadArea* areas) : epoll_(epoll), areas_(areas), buffers_(buffers) {}

  int64_t receive(uint64_t token, int fd, uint64_t buffers) override;
  int64_t stop(uint64_t token) override;
  void take_back(const abi::EthreadArea& area) override;
  bool before_wait(unsigned ethread, abi::EthreadArea& area) override;
  uint32_t on_event(const epoll_event& event, unsigned ethread, abi::EthreadArea& area) override;

 private:
  struct Stream {
    int fd = -1;
    uint64_t allowed = 0;    // buffers that the enclave still takes
    bool readable = true;    // as far as is known
    bool ending = false;     // the end or an error stands behind what is to be read: no edge will tell of it again
    bool queued = false;     // in waiting_
    // Its last arrival was number `mark` of `ethread`'s: until that one has dealt with it, only it may bring more, or the order would be lost.
    unsigned ethread = 0;
    uint64_t mark = 0;
  };
  // mutex_ held:
  void queue(uint64_t token, Stream& stream);
  bool may_serve(const Stream& stream, unsigned ethread) const;
  void serve(uint64_t token, Stream& stream, unsigned ethread, abi::EthreadArea& area);
  bool receive_one(uint64_t token, Stream& stream, unsigned ethread, abi::EthreadArea& area);

  const int epoll_;
  abi::EthreadArea* const areas_;
  std::mutex mutex_;
  ReceiveBuffers buffers_;                        // guarded by mutex_, as the rest
  std::unordered_map<uint64_t, Stream> streams_;
  std::vector<uint64_t> waiting_;                 // tokens of streams that may have something, to be served without an event
  uint64_t arrivals_[abi::kMaxEthreads] = {};     // brought so far
};

}  // namespace scone::host
