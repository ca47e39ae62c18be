#include "enclave/time/interval_timer.h"

#include <linux/errno.h>

#include <atomic>
#include <new>

#include "enclave/process/signal.h"
#include "enclave/sched/clock.h"
#include "enclave/sched/timer.h"

namespace scone::time {
namespace {

class RealTimer : public sched::Timer {
 public:
  RealTimer() : Timer(&RealTimer::expired) {}

  // One thread at a time.
  Schedule set(const Schedule& schedule) {
    cancel();
    const Schedule old = get();
    interval_ = schedule.interval;
    due_ = schedule.due;
    if (schedule.due != sched::kNever) arm(schedule.due);
    return old;
  }
  Schedule get() const { return {due_.load(), interval_.load()}; }

 private:
  static void expired(sched::Timer& timer) {
    auto& self = static_cast<RealTimer&>(timer);
    Schedule schedule = self.get();
    const uint64_t now = sched::now_ns();
    const uint64_t times = advance(schedule, now);
    self.due_ = schedule.due;
    if (schedule.due != sched::kNever) self.arm(wake_up(schedule, now));
    if (times > 0)
      (void)process::send_to_process(
          process::Info::from_sender(process::kSigAlrm, process::kCodeKernel, 0, 0))
          .ok();
  }

  std::atomic<uint64_t> due_{sched::kNever};
  std::atomic<uint64_t> interval_{0};
};

constinit sched::Mutex g_mutex;
std::atomic<RealTimer*> g_timer{nullptr};  // made at first use, never freed

}  // namespace

Result<Schedule> set_real_timer(const Schedule& schedule) {
  sched::MutexGuard guard(g_mutex);
  RealTimer* timer = g_timer.load();
  if (!timer) {
    timer = new (std::nothrow) RealTimer;
    if (!timer) return Errno(ENOMEM);
    g_timer.store(timer);
  }
  return timer->set(schedule);
}

Schedule get_real_timer() {
  const RealTimer* timer = g_timer.load();
  return timer ? timer->get() : Schedule{};
}

}  // namespace scone::time
