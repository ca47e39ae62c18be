// timerfd_create(2): a timer that can be read and waited for.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/timer.h"
#include "enclave/sched/wait_queue.h"

namespace scone::file {

// When the timer expires, computed from the time; nothing needs to run for it. Times are ns of CLOCK_MONOTONIC. Not thread safe.
class Expirations {
 public:
  // next == kNever disarms; interval == 0: once.
  void set(uint64_t next, uint64_t interval) {
    next_ = next;
    interval_ = interval;
  }
  uint64_t next() const { return next_; }
  uint64_t interval() const { return interval_; }
  bool expired(uint64_t now) const { return next_ != sched::kNever && now >= next_; }
  // Expirations since the last call.
  uint64_t take(uint64_t now) {
    if (!expired(now)) return 0;
    if (interval_ == 0) {
      next_ = sched::kNever;
      return 1;
    }
    const uint64_t count = 1 + (now - next_) / interval_;
    next_ += count * interval_;
    return count;
  }
  // Until the next expiration that is still to come; 0 if disarmed.
  uint64_t remaining(uint64_t now) const {
    if (next_ == sched::kNever) return 0;
    if (now < next_) return next_ - now;
    return interval_ == 0 ? 0 : interval_ - (now - next_) % interval_;
  }

 private:
  uint64_t next_ = sched::kNever;
  uint64_t interval_ = 0;
};

// Clocks, numbered as for clock_gettime(2). Those that would wake a suspended machine do not.
enum class TimerClock : int {
  kRealtime = 0,
  kMonotonic = 1,
  kBoottime = 7,
  kRealtimeAlarm = 8,
  kBoottimeAlarm = 9
};

class TimerFd final : public File {
 public:
  static Result<Ref<TimerFd>> create(TimerClock clock, int flags);  // ENOMEM

  struct Setting {
    uint64_t value;     // ns: until the next expiration, or the clock's time of it; 0 disarms
    uint64_t interval;  // ns; 0: once
  };
  // Returns the previous setting, its value being relative.
  Setting set(const Setting& setting, bool absolute);
  Setting get();

  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;
  Result<uint64_t> seek(int64_t, int) override { return Errno(ESPIPE); }
  uint32_t poll() override;
  sched::WaitQueue* wait_queue() override { return &queue_; }
  const char* name() const override { return "anon_inode:[timerfd]"; }
  TimerFd* as_timer_fd() override { return this; }

 private:
  // Tells the waiters; armed once per expiration that nobody has read.
  struct Alarm : sched::Timer {
    explicit Alarm(TimerFd& file) : Timer(&fire), file(file) {}
    static void fire(Timer& timer);
    TimerFd& file;
  };
  TimerFd(TimerClock clock, int flags) : File(O_RDWR | flags), clock_(clock), alarm_(*this) {}
  Setting get_locked(uint64_t now) const;
  uint64_t to_monotonic(uint64_t time, uint64_t now) const;
  uint64_t take();

  const TimerClock clock_;
  sched::SpinLock lock_{sched::LockRank::kObject};
  Expirations expirations_;  // guarded by lock_
  sched::WaitQueue queue_;
  Alarm alarm_;  // arms under lock_
};

}  // namespace scone::file
