// timerfd.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "check.h"
#include "support.h"

namespace {
itimerspec in_ms(long first, long interval = 0) {
  return {{interval / 1000, interval % 1000 * 1000000}, {first / 1000, first % 1000 * 1000000}};
}
}  // namespace

CASE(expires_once) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  itimerspec when = in_ms(60);
  int64_t start = support::now_ms();
  CHECK_EQ(timerfd_settime(fd, 0, &when, nullptr), 0);
  uint64_t expirations = 0;
  CHECK_EQ(read(fd, &expirations, 8), 8);
  CHECK_EQ(expirations, 1);
  CHECK(support::now_ms() - start >= 59);
  CHECK_EQ(timerfd_gettime(fd, &when), 0);
  CHECK_EQ(when.it_value.tv_sec + when.it_value.tv_nsec, 0);
  close(fd);
}

CASE(repeats_and_counts) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  itimerspec when = in_ms(10, 10);
  CHECK_EQ(timerfd_settime(fd, 0, &when, nullptr), 0);
  support::sleep_ms(105);
  uint64_t expirations = 0;
  CHECK_EQ(read(fd, &expirations, 8), 8);
  CHECK(expirations >= 10 && expirations < 100);
  when = in_ms(0);
  itimerspec old;
  CHECK_EQ(timerfd_settime(fd, 0, &when, &old), 0);
  CHECK_EQ(old.it_interval.tv_nsec, 10000000);
  support::sleep_ms(30);
  CHECK_ERRNO(read(fd, &expirations, 8), EAGAIN);
  close(fd);
}

CASE(absolute_times) {
  int fd = timerfd_create(CLOCK_REALTIME, 0);
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  itimerspec when = {};
  when.it_value = {now.tv_sec - 1, now.tv_nsec};
  CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, nullptr), 0);
  uint64_t expirations = 0;
  CHECK_EQ(read(fd, &expirations, 8), 8);
  CHECK_EQ(expirations, 1);
  close(fd);
}

CASE(in_epoll_and_poll) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  int epoll = epoll_create1(0);
  epoll_event event = {EPOLLIN, {.u64 = 42}};
  CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
  CHECK_EQ(epoll_wait(epoll, &event, 1, 0), 0);
  itimerspec when = in_ms(40);
  int64_t start = support::now_ms();
  CHECK_EQ(timerfd_settime(fd, 0, &when, nullptr), 0);
  CHECK_EQ(epoll_wait(epoll, &event, 1, 5000), 1);
  CHECK_EQ(event.data.u64, 42);
  CHECK(support::now_ms() - start >= 39);
  pollfd poll_fd = {fd, POLLIN, 0};
  CHECK_EQ(poll(&poll_fd, 1, 0), 1);
  uint64_t expirations;
  CHECK_EQ(read(fd, &expirations, 8), 8);
  CHECK_EQ(poll(&poll_fd, 1, 0), 0);
  close(fd);
  close(epoll);
}

CASE(errors) {
  CHECK_ERRNO(timerfd_create(999, 0), EINVAL);
  CHECK_ERRNO(timerfd_create(CLOCK_MONOTONIC, 0x40000000), EINVAL);
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  itimerspec bad = {{0, 0}, {0, 1000000000}};
  CHECK_ERRNO(timerfd_settime(fd, 0, &bad, nullptr), EINVAL);
  uint64_t value;
  CHECK_ERRNO(read(fd, &value, 4), EINVAL);
  CHECK_ERRNO(write(fd, &value, 8), EINVAL);
  CHECK_ERRNO(timerfd_settime(0, 0, &bad, nullptr), EINVAL);
  close(fd);
}
