// eventfd: counters and semaphores.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

CASE(adds_and_resets) {
  int fd = eventfd(3, 0);
  uint64_t value = 0;
  CHECK_EQ(read(fd, &value, 8), 8);
  CHECK_EQ(value, 3);
  CHECK_EQ(eventfd_write(fd, 5), 0);
  CHECK_EQ(eventfd_write(fd, 6), 0);
  CHECK_EQ(eventfd_read(fd, &value), 0);
  CHECK_EQ(value, 11);
  close(fd);
}

CASE(semaphore_gives_one_at_a_time) {
  int fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  uint64_t value = 0;
  CHECK_EQ(read(fd, &value, 8), 8);
  CHECK_EQ(value, 1);
  CHECK_EQ(read(fd, &value, 8), 8);
  CHECK_ERRNO(read(fd, &value, 8), EAGAIN);
  close(fd);
}

CASE(limits) {
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  uint64_t value = UINT64_MAX;
  CHECK_ERRNO(write(fd, &value, 8), EINVAL);
  value = UINT64_MAX - 1;
  CHECK_EQ(write(fd, &value, 8), 8);
  value = 1;
  CHECK_ERRNO(write(fd, &value, 8), EAGAIN);
  pollfd poll_fd = {fd, POLLIN | POLLOUT, 0};
  CHECK_EQ(poll(&poll_fd, 1, 0), 1);
  CHECK_EQ(poll_fd.revents, POLLIN);
  CHECK_ERRNO(read(fd, &value, 7), EINVAL);
  CHECK_ERRNO(write(fd, &value, 4), EINVAL);
  CHECK_ERRNO(read(fd, reinterpret_cast<void*>(8), 8), EFAULT);
  CHECK_ERRNO(eventfd(0, 0x40000000), EINVAL);
  close(fd);
}

CASE(blocked_reader_is_woken) {
  int fd = eventfd(0, 0);
  std::atomic<uint64_t> got = 0;
  std::thread reader([&] {
    uint64_t value = 0;
    (void)!read(fd, &value, 8);
    got = value;
  });
  support::settle();
  CHECK_EQ(got.load(), 0);
  CHECK_EQ(eventfd_write(fd, 9), 0);
  reader.join();
  CHECK_EQ(got.load(), 9);
  close(fd);
}

CASE(many_rounds_between_threads) {
  int there = eventfd(0, 0), back = eventfd(0, 0);
  std::thread other([&] {
    uint64_t value;
    for (int i = 0; i < 5000; i++) {
      (void)!read(there, &value, 8);
      (void)!write(back, &value, 8);
    }
  });
  for (uint64_t i = 1; i <= 5000; i++) {
    uint64_t value = i;
    CHECK_EQ(write(there, &value, 8), 8);
    CHECK_EQ(read(back, &value, 8), 8);
    CHECK_EQ(value, i);
  }
  other.join();
  close(there);
  close(back);
}
