// The scheduler's side of the border for tests of one thread over the real kernel: events are collected when asked for.
#include "enclave/net/fake_scheduler_test.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <set>
#include <utility>
#include <vector>

#include "enclave/boundary/events.h"
#include "enclave/boundary/round.h"
#include "enclave/net/readiness.h"
#include "enclave/net/stream_arrivals.h"
#include "enclave/process/own_credentials.h"
#include "enclave/process/signal.h"
#include "enclave/sched/sched.h"
#include "tests/file/fake_host.h"

namespace scone {
namespace {

int master() {
  static const int epoll = static_cast<int>(syscall(SYS_epoll_create1, 0));
  return epoll;
}

std::set<sched::Timer*>& timers() {
  static std::set<sched::Timer*> armed;
  return armed;
}

}  // namespace

namespace sched {

// In the place of the real one, as a friend of Timer.
class TimerQueue {
 public:
  static void run(Timer& timer) { timer.callback_(timer); }
};

}  // namespace sched

namespace fake {

int collect_events() {
  epoll_event events[64];
  const int count = static_cast<int>(syscall(SYS_epoll_wait, master(), events, 64, 0));
  for (int i = 0; i < count; ++i) net::deliver(events[i].data, events[i].events);
  return count;
}

void run_timers() {
  for (sched::Timer* timer : std::exchange(timers(), {})) sched::TimerQueue::run(*timer);
}

}  // namespace fake

namespace boundary {

int master_epoll() { return master(); }
void wait_for_events(uint64_t, bool) {
  if (batching()) net::post_sends();
  fake::cross();
  fake::collect_events();
}

}  // namespace boundary

namespace sched {

uint64_t boottime_ns() { return 0; }
void Timer::arm(uint64_t) { timers().insert(this); }
void Timer::cancel() { timers().erase(this); }

}  // namespace sched

namespace process {

bool pending_unblocked(sched::Lthread&) { return false; }
Credentials credentials() { return {}; }

}  // namespace process
}  // namespace scone
