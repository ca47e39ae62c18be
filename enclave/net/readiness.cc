#include "enclave/net/readiness.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#include "enclave/boundary/events.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/net/host_poll.h"
#include "enclave/sched/clock.h"

namespace scone::net {
namespace {

// How old news from the host may be while a program is kept busy by what is known.
constexpr uint64_t kStaleNs = 1'000'000;
constinit std::atomic<uint64_t> g_last_harvest_ns{0};

Result<void> epoll_control(int operation, int fd, uint64_t token) {
  struct epoll_event event = {};
  event.events = kReadyEvents | EPOLLET;
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
  return register_with_host();
}

Result<void> ReadySource::register_with_host() {
  if (!token_) token_ = TRY(ready_table::assign(*this));
  Result<void> added = epoll_control(EPOLL_CTL_ADD, fd(), token_);
  // A description that another process kept open may return under the same number, still registered.
  if (!added.ok() && added.error() == Errno(EEXIST)) added = epoll_control(EPOLL_CTL_MOD, fd(), token_);
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
  state_.edge(events);
  queue_.notify(with_bands(events));
}

void deliver(uint64_t token, uint64_t events) {
  const uint32_t known = static_cast<uint32_t>(events) & kReadyEvents;
  g_last_harvest_ns.store(sched::now_ns(), std::memory_order_relaxed);
  if (known) ready_table::notify(token, known);
}

void harvest() {
  g_last_harvest_ns.store(sched::now_ns(), std::memory_order_relaxed);
  boundary::wait_for_events(0);
}

void harvest_if_stale() {
  if (sched::now_ns() - g_last_harvest_ns.load(std::memory_order_relaxed) > kStaleNs) harvest();
}

}  // namespace scone::net
