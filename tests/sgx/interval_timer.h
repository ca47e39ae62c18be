// A signal at the calling thread every so often, until the end of the scope.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace scone::test {

class IntervalTimer {
 public:
  IntervalTimer(int signo, long microseconds) {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signo;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    timer_create(CLOCK_MONOTONIC, &event, &timer_);
    const itimerspec interval{{0, microseconds * 1000}, {0, microseconds * 1000}};
    timer_settime(timer_, 0, &interval, nullptr);
  }
  ~IntervalTimer() { timer_delete(timer_); }
  IntervalTimer(const IntervalTimer&) = delete;
  IntervalTimer& operator=(const IntervalTimer&) = delete;

 private:
  timer_t timer_;
};

}  // namespace scone::test
