#include "enclave/time/posix_timer.h"

#include <utility>

#include "enclave/process/signal_state.h"
#include "enclave/sched/clock.h"
#include "enclave/time/schedule.h"

namespace scone::time {

PosixTimer::PosixTimer(int id, int clock, int signal, uint64_t value, Ref<sched::Lthread> thread)
    : Timer(&PosixTimer::expired), id_(id), clock_(clock), thread_(std::move(thread)) {
  info.signal = signal;
  info.code = process::kCodeTimer;
  info.timer.id = id;
  info.timer.value = value;
  QueuedSignal::taken = &PosixTimer::taken;
}

PosixTimer::~PosixTimer() { set({}); }

Schedule PosixTimer::set(const Schedule& schedule) {
  cancel();
  process::withdraw_timer(*this, thread_.get());
  const Schedule old = get();
  overrun_ = 0;
  interval_ = schedule.interval;
  due_ = schedule.due;
  if (info.signal != 0 && schedule.due != sched::kNever) arm(schedule.due);
  return old;
}

void PosixTimer::expired(sched::Timer& timer) {
  auto& self = static_cast<PosixTimer&>(timer);
  Schedule schedule = self.get();
  const uint64_t now = sched::now_ns();
  const uint64_t times = advance(schedule, now);
  self.due_ = schedule.due;
  if (schedule.due != sched::kNever) self.arm(wake_up(schedule, now));
  if (times > 0) process::send_timer(self, self.thread_.get(), times);
}

// Signal lock held.
void PosixTimer::taken(process::QueuedSignal& entry) {
  static_cast<PosixTimer&>(entry).overrun_ = entry.info.timer.overrun;
}

}  // namespace scone::time
