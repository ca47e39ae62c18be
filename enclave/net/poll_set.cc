#include "enclave/net/poll_set.h"

#include <linux/errno.h>

#include <new>

#include "enclave/net/readiness.h"
#include "enclave/process/restart.h"
#include "enclave/sched/clock.h"

namespace scone::net {

Result<void> PollSet::reserve(size_t size) {
  if (size <= kInline) return ok();
  auto* probes = new (std::nothrow) Probe[size];
  auto* waiters = new (std::nothrow) Waiter[size];
  if (!probes || !waiters) {
    delete[] probes;
    delete[] waiters;
    return Errno(ENOMEM);
  }
  probes_ = probes;
  waiters_ = waiters;
  return ok();
}

PollSet::~PollSet() {
  for (size_t i = 0; i < size_; ++i) auto released = Ref<file::File>::adopt(probes_[i].file);
  if (probes_ == inline_probes_) return;
  delete[] probes_;
  delete[] waiters_;
}

void PollSet::add(Ref<file::File> file, uint32_t interest) {
  probes_[size_] = {file.release(), interest, 0};
  waiters_[size_].interest = interest | kAlwaysEvents | EPOLLRDHUP;
  ++size_;
}

void PollSet::Waiter::notify(uint32_t events) {
  if (events == 0 || (events & interest)) sched::unpark(*thread);
}

Result<size_t> PollSet::wait(uint64_t deadline_ns) {
  const bool look_only = deadline_ns == 0;
  size_t count = probe({probes_, size_}, look_only ? Freshness::kExact : Freshness::kKnown);
  if (count == 0 && !look_only) return park_until_ready(deadline_ns);
  harvest_if_stale();
  return count;
}

void PollSet::join_queues() {
  for (size_t i = 0; i < size_; ++i) {
    sched::WaitQueue* queue = probes_[i].file->wait_queue();
    if (!queue) continue;
    waiters_[i].thread = &sched::current();
    queue->add(waiters_[i]);
    probes_[i].file->expect(probes_[i].interest);
  }
}

void PollSet::leave_queues() {
  for (size_t i = 0; i < size_; ++i)
    if (sched::WaitQueue* queue = probes_[i].file->wait_queue()) queue->remove(waiters_[i]);
}

Result<size_t> PollSet::park_until_ready(uint64_t deadline_ns) {
  join_queues();
  Result<size_t> result = size_t{0};
  // The waiters stand in the queues before each look, so an event between look and park is not lost.
  while (true) {
    result = probe({probes_, size_}, Freshness::kKnown);
    if (result.value() > 0) break;
    if (deadline_ns != sched::kNever && sched::now_ns() >= deadline_ns) {
      result = probe({probes_, size_}, Freshness::kExact);
      break;
    }
    if (sched::interrupted()) {
      result = Errno(process::kRestartNoHand);
      break;
    }
    sched::park(deadline_ns);
  }
  leave_queues();
  return result;
}

}  // namespace scone::net
