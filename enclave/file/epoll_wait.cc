// Reporting of an epoll set: the ready list and those who sleep on it.
#include <linux/errno.h>

#include <span>

#include "enclave/file/epoll.h"
#include "enclave/net/probe.h"
#include "enclave/net/readiness.h"
#include "enclave/process/signal.h"
#include "enclave/sched/clock.h"

namespace scone::file {
namespace {

constexpr uint32_t kModes = EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE;
constexpr uint32_t kAlways = EPOLLERR | EPOLLHUP;

// Exact, because epoll_wait never restarts: a false alarm must not show.
bool signal_waits() { return sched::interrupted() && process::pending_unblocked(sched::current()); }

}  // namespace

void EpollItem::notify(uint32_t events) {
  const uint32_t interest = interest_.load();
  if ((interest & ~kModes) == 0 || (events != 0 && (events & (interest | kAlways)) == 0)) return;
  epoll_.set_ready(*this);
}

void Epoll::set_ready(EpollItem& item) {
  {
    sched::SpinGuard guard(ready_lock_);
    set_ready_locked(item);
    wake_one_locked();
  }
  if (watched_.load()) announcement_.arm(0);
}

void Epoll::set_ready_locked(EpollItem& item) {
  if (item.ListNode<ReadyTag>::linked()) return;
  ready_.push_back(item);
  ++ready_count_;
}

void Epoll::wake_one_locked() {
  if (Sleeper* sleeper = sleepers_.pop_front()) sched::unpark(*sleeper->thread);
}

void Epoll::Deferred::fire(Timer& timer) {
  static_cast<Deferred&>(timer).epoll.queue_.notify(EPOLLIN | EPOLLRDNORM);
}

// Takes items off the ready list; they stay alive as long as mutex_ is held. A wake-up from now on puts them back.
size_t Epoll::take_batch(EpollItem** items, size_t limit, size_t& budget) {
  sched::SpinGuard guard(ready_lock_);
  size_t count = 0;
  while (count < limit && count < kBatch && budget > 0) {
    EpollItem* item = ready_.pop_front();
    if (!item) break;
    items[count++] = item;
    --ready_count_;
    --budget;
  }
  return count;
}

// Which events of each hold, of those it is armed for; returns how many items have any.
size_t Epoll::ask(EpollItem** items, size_t count, uint32_t* ready) {
  net::Probe probes[kBatch];
  for (size_t i = 0; i < count; ++i) {
    const uint32_t interest = items[i]->interest_.load();
    const bool disarmed = (interest & ~kModes) == 0;
    probes[i] = {disarmed ? nullptr : items[i]->file_.get(), interest & ~kModes, 0};
  }
  const size_t found = net::probe({probes, count}, net::Freshness::kKnown);
  for (size_t i = 0; i < count; ++i) ready[i] = probes[i].ready;
  return found;
}

// Level-triggered files go to the end of the list and are asked again the next time: every one gets its turn.
void Epoll::after_report(EpollItem& item) {
  const uint32_t interest = item.interest_.load();
  if (interest & EPOLLONESHOT) {
    item.interest_.store(interest & kModes);
  } else if (!(interest & EPOLLET)) {
    sched::SpinGuard guard(ready_lock_);
    set_ready_locked(item);
  }
}

// Asks each item of the ready list once at most.
Result<size_t> Epoll::collect(AppPtr<epoll_event> events, size_t limit) {
  sched::MutexGuard mutex_guard(mutex_);
  size_t budget;
  {
    sched::SpinGuard guard(ready_lock_);
    budget = ready_count_;
  }
  size_t found = 0;
  EpollItem* items[kBatch];
  uint32_t ready[kBatch];
  Result<void> copied;
  while (size_t count = copied.ok() ? take_batch(items, limit - found, budget) : 0) {
    epoll_event reports[kBatch];
    size_t reported = 0;
    ask(items, count, ready);
    for (size_t i = 0; i < count; ++i)
      if (ready[i]) reports[reported++] = {ready[i], items[i]->data_};
    copied = boundary::copy_to_app((events + found).cast<void>(), reports, reported * sizeof(epoll_event));
    for (size_t i = 0; i < count; ++i) {
      if (!ready[i]) continue;
      if (copied.ok())
        after_report(*items[i]);
      else
        set_ready(*items[i]);
    }
    if (copied.ok()) found += reported;
  }
  if (found == 0 && !copied.ok()) return copied.error();
  return found;
}

// True: the caller is on the list of sleepers, and the next wake-up is for it.
bool Epoll::sleep_unless_ready(Sleeper& sleeper) {
  sched::SpinGuard guard(ready_lock_);
  if (ready_count_ > 0) return false;
  sleepers_.push_back(sleeper);
  return true;
}

void Epoll::leave_sleep(Sleeper& sleeper) {
  sched::SpinGuard guard(ready_lock_);
  sleeper.unlink();
}

Result<size_t> Epoll::wait(AppPtr<epoll_event> events, size_t limit, uint64_t deadline_ns) {
  Sleeper sleeper;
  Result<size_t> result = size_t{0};
  while (true) {
    result = collect(events, limit);
    if (!result.ok() || result.value() > 0) break;
    if (deadline_ns != sched::kNever && (deadline_ns == 0 || sched::now_ns() >= deadline_ns)) {
      net::harvest();
      result = collect(events, limit);
      break;
    }
    if (signal_waits()) {
      result = Errno(EINTR);
      break;
    }
    sleeper.thread = &sched::current();
    if (!sleep_unless_ready(sleeper)) continue;
    sched::park(deadline_ns);
    leave_sleep(sleeper);
  }
  if (result.ok() && result.value() > 0) net::harvest_if_stale();
  // The wake-up that brought this thread here may have been for more than it took.
  sched::SpinGuard guard(ready_lock_);
  if (ready_count_ > 0) wake_one_locked();
  return result;
}

uint32_t Epoll::poll() {
  sched::MutexGuard mutex_guard(mutex_);
  size_t budget;
  {
    sched::SpinGuard guard(ready_lock_);
    budget = ready_count_;
  }
  EpollItem* items[kBatch];
  uint32_t ready[kBatch];
  while (size_t count = take_batch(items, kBatch, budget)) {
    const size_t found = ask(items, count, ready);
    sched::SpinGuard guard(ready_lock_);
    for (size_t i = 0; i < count; ++i)
      if (ready[i]) set_ready_locked(*items[i]);
    if (found > 0) return EPOLLIN | EPOLLRDNORM;
  }
  return 0;
}

}  // namespace scone::file
