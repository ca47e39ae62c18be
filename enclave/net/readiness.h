// Readiness of host descriptors that can block (sockets, ttys, pipes and FIFOs of the host).
//
// Such descriptors are non-blocking on the host and registered, edge-triggered, with the runner's master epoll. The scheduler
// hands each event to deliver(). What follows from events, and from the outcomes of I/O calls, is kept per
// descriptor, so that poll(2) and epoll seldom need to ask the host. Events are hints: a host that forges or
// withholds them can make a program try in vain or wait for ever, nothing else.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/net/ready_state.h"
#include "enclave/net/ready_table.h"
#include "enclave/sched/mutex.h"
#include "enclave/sched/timer.h"
#include "enclave/sched/wait_queue.h"

namespace scone::net {

class Stream;

// One per pollable host descriptor, which it must not outlive: declare it behind the HostFd. Thread safe.
//
// An I/O call is bracketed:
//   uint32_t epoch = source.epoch();
//   … = host_call(…);
//   EAGAIN: source.would_block(EPOLLIN, epoch);   short read: source.drained(…);   full read: source.forget(EPOLLIN);
class ReadySource : private ReadyListener {
 public:
  ReadySource() = default;
  ~ReadySource();

  // Says which descriptor is asked by events() before arm().
  void bind(const HostFd& fd) { fd_.store(fd.number(), std::memory_order_relaxed); }
  // Registers the descriptor with the master epoll, once. Required before wait(). EPERM: it is not pollable; ENOMEM, ENOSPC.
  Result<void> arm(const HostFd& fd);
  // The same for a socket whose readiness to be read and written `stream` knows from now on. Its owner keeps both alive.
  Result<void> arm_for(Stream& stream, const HostFd& fd);
  Stream* stream() const { return stream_.load(std::memory_order_acquire); }
  uint64_t token() const { return token_; }  // 0: none yet

  // Those of `interest` (and EPOLLERR, EPOLLHUP) that hold now; asks the host about what is unknown. Includes EPOLLRDNORM
  // and its like. A descriptor of which the host cannot be asked counts as ready.
  uint32_t events(uint32_t interest = ~0u);
  // Parks until one of `events` may hold. Precondition: armed. kRestartSys, ETIMEDOUT.
  Result<void> wait(uint32_t events, uint64_t deadline_ns = sched::kNever);
  // Notified of every edge.
  sched::WaitQueue& queue() { return queue_; }

  uint32_t epoch() const { return state_.epoch(); }
  void would_block(uint32_t events, uint32_t epoch) { state_.would_block(events, epoch); }
  void drained(uint32_t events, uint32_t epoch) { state_.drained(events, epoch); }
  void forget(uint32_t events) { state_.forget(events); }
  void reset() { state_.reset(); }
  void know(uint32_t events, bool hold) { state_.know(events, hold); }

  // For scans of many sources (probe.h).
  ReadyState& state() { return state_; }
  int fd() const { return fd_.load(std::memory_order_relaxed); }

 private:
  void on_edge(uint32_t events) override;
  void on_arrival(int64_t result, HostBuffer& data) override;
  Result<void> register_with_host(uint32_t events);

  ReadyState state_;
  std::atomic<int> fd_{-1};
  sched::Mutex arming_;
  uint64_t token_ = 0;  // 0: none; guarded by arming_
  sched::WaitQueue queue_;
  std::atomic<Stream*> stream_{nullptr};
};

// An event from the host; called by the scheduler without locks. Forged, late and repeated ones are harmless.
void deliver(uint64_t token, uint64_t events);

// The host was just asked for events.
void note_harvest();
// Looks for events that the host holds, without waiting: whoever reports "nothing is ready" without parking calls it first.
void harvest();
// The same for those that found something ready, now and then: a program that is never idle would not hear of the rest.
void harvest_if_stale();
bool harvest_is_stale();

}  // namespace scone::net
