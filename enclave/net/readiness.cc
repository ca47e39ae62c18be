#include "enclave/net/readiness.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#include "enclave/boundary/events.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/net/host_poll.h"
#include "enclave/net/stream.h"
#include "enclave/sched/clock.h"

namespace scone::net {
namespace {

// How old news from the host may be while a program is kept busy by what is known.
constexpr uint64_t kStaleNs = 1'000'000;
constinit std::atomic<uint64_t> g_last_harvest_ns{0};

Result<void> epoll_control(int operation, int fd, uint64_t token, uint32_t events) {
  struct epoll_event event = {};
  event.events = events | EPOLLET;
  event.data = token;
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof event));
  buffer.put(0, event);
  TRY(host_call(__NR_epoll_ctl, static_cast<uint64_t>(boundary::master_epoll()),
                static_cast<uint64_t>(operation), static_cast<uint64_t>(fd), buffer.address()));
  return ok();
}

}  // namespace

ReadySource::~ReadySource() {
  if (token_) ready_table::revoke(token_);
}

Result<void> ReadySource::arm(const HostFd& fd) {
  if (state_.watched()) return ok();
  sched::MutexGuard guard(arming_);
  if (state_.watched()) return ok();
  bind(fd);
  return register_with_host(kReadyEvents);
}

Result<void> ReadySource::arm_for(Stream& stream, const HostFd& fd) {
  sched::MutexGuard guard(arming_);
  bind(fd);
  // What the stream knows itself need not be reported.
  if (!state_.watched()) TRY(register_with_host(kReadyEvents & ~(EPOLLIN | EPOLLOUT)));
  stream_.store(&stream, std::memory_order_release);
  return ok();
}

Result<void> ReadySource::register_with_host(uint32_t events) {
  if (!token_) token_ = TRY(ready_table::assign(*this));
  Result<void> added = epoll_control(EPOLL_CTL_ADD, fd(), token_, events);
  // A description that another process kept open may return under the same number, still registered.
  if (!added.ok() && added.error() == Errno(EEXIST)) added = epoll_control(EPOLL_CTL_MOD, fd(), token_, events);
  if (added.ok()) state_.watch();
  return added;
}

uint32_t ReadySource::events(uint32_t interest) {
  interest = without_bands(interest);
  const uint32_t asked = state_.unknown() & interest;
  const uint32_t known = state_.yes() & interest;
  if (asked == 0) return with_bands(known);
  uint32_t answer = known | asked;
  HostPoll poll;
  if (fd() >= 0 && poll.add(*this, asked, known, &answer)) poll.run();
  return with_bands(answer);
}

Result<void> ReadySource::wait(uint32_t events, uint64_t deadline_ns) {
  return sched::wait_until(
      queue_, [&] { return state_.worth_trying(events); }, deadline_ns);
}

void ReadySource::on_edge(uint32_t events) {
  Stream* own = stream();
  if (own) events &= ~EPOLLIN;
  state_.edge(events);
  if (own) own->on_edge(events);
  queue_.notify(with_bands(events));
}

void ReadySource::on_arrival(int64_t result, HostBuffer& data) {
  if (Stream* own = stream()) own->on_arrival(result, data);
}

void deliver(uint64_t token, uint64_t events) {
  const uint32_t known = static_cast<uint32_t>(events) & kReadyEvents;
  if (known) ready_table::notify(token, known);
}

void note_harvest() { g_last_harvest_ns.store(sched::now_ns(), std::memory_order_relaxed); }

void harvest() { boundary::wait_for_events(0); }

bool harvest_is_stale() { return sched::now_ns() - g_last_harvest_ns.load(std::memory_order_relaxed) > kStaleNs; }

void harvest_if_stale() {
  if (harvest_is_stale()) harvest();
}

}  // namespace scone::net
