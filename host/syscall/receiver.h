// Receives streams ahead of the enclave's asking.
#pragma once

#include <sys/epoll.h>
#include <time.h>

#include <cstdint>
#include <vector>

#include "abi/border.h"

namespace scone::host {

// The memory that arrivals are in. Which buffers are free is the runner's to know; the enclave checks it.
class ReceiveBuffers {
 public:
  explicit ReceiveBuffers(char* base);
  // The number of a free buffer; kNone if there is none.
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t take();
  void give_back(uint32_t number);
  char* at(uint32_t number) const { return base_ + uint64_t{number} * abi::kReceiveBufferSize; }

 private:
  char* const base_;
  std::vector<uint32_t> free_;  // last in, first out: what is warm is used again
};

// Two ways to receive: epoll and recv(2), or io_uring. Thread safe.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // RunnerCall::kReceive and kStopReceiving. Results as of a system call.
  virtual int64_t receive(uint64_t token, int fd, uint64_t buffers) = 0;
  virtual int64_t stop(uint64_t token) = 0;
  // The enclave gave back area.returned.
  virtual void take_back(const abi::EthreadArea& area) = 0;

  // Called by the ethread that is about to look for events, before and after it asked the master epoll: fill area.arrivals.
  // True: there are arrivals or soon will be, so do not sleep.
  virtual bool before_wait(unsigned ethread, abi::EthreadArea& area) = 0;
  // True: wait() does the waiting, for the master epoll as well.
  virtual bool waits() const { return false; }
  // Until something happens or the time is up (nullptr: for ever); adds to area.arrivals. True: the master epoll has events.
  virtual bool wait(const timespec* /*timeout*/, abi::EthreadArea&) { return true; }
  // An event of the master epoll. Returns what of it the enclave is told.
  virtual uint32_t on_event(const epoll_event& event, unsigned ethread, abi::EthreadArea& area) = 0;
};

}  // namespace scone::host
