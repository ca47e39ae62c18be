// poll and ppoll.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "check.h"
#include "sockets.h"
#include "support.h"

CASE(pipes) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  pollfd fds[2] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}};
  CHECK_EQ(poll(fds, 2, 0), 1);
  CHECK_EQ(fds[0].revents, 0);
  CHECK_EQ(fds[1].revents, POLLOUT);
  CHECK_EQ(write(ends[1], "x", 1), 1);
  CHECK_EQ(poll(fds, 2, -1), 2);
  CHECK_EQ(fds[0].revents, POLLIN);
  close(ends[1]);
  CHECK_EQ(poll(fds, 1, -1), 1);
  CHECK_EQ(fds[0].revents, POLLIN | POLLHUP);
  close(ends[0]);
}

CASE(bad_descriptors_are_told_and_negative_ones_skipped) {
  pollfd fds[2] = {{1000, POLLIN, 0}, {-5, POLLIN, 99}};
  CHECK_EQ(poll(fds, 2, -1), 1);
  CHECK_EQ(fds[0].revents, POLLNVAL);
  CHECK_EQ(fds[1].revents, 0);
}

CASE(timeouts) {
  int64_t start = support::now_ms();
  CHECK_EQ(poll(nullptr, 0, 60), 0);
  CHECK(support::now_ms() - start >= 59);
  timespec half = {0, 60000000};
  start = support::now_ms();
  CHECK_EQ(ppoll(nullptr, 0, &half, nullptr), 0);
  CHECK(support::now_ms() - start >= 59);
  timespec bad = {0, 1000000000};
  CHECK_ERRNO(ppoll(nullptr, 0, &bad, nullptr), EINVAL);
  CHECK_ERRNO(poll(reinterpret_cast<pollfd*>(8), 1, 0), EFAULT);
}

CASE(woken_by_a_socket) {
  sockets::TcpPair pair;
  std::thread other([&] {
    support::settle();
    send(pair.client, "x", 1, 0);
  });
  pollfd fd = {pair.server, POLLIN, 0};
  CHECK_EQ(poll(&fd, 1, 10000), 1);
  CHECK_EQ(fd.revents, POLLIN);
  other.join();
}

CASE(woken_by_an_eventfd_among_sockets) {
  sockets::TcpPair pair;
  int event = eventfd(0, 0);
  std::thread other([&] {
    support::settle();
    eventfd_write(event, 1);
  });
  pollfd fds[2] = {{pair.server, POLLIN, 0}, {event, POLLIN, 0}};
  CHECK_EQ(poll(fds, 2, 10000), 1);
  CHECK_EQ(fds[1].revents, POLLIN);
  other.join();
  close(event);
}

CASE(regular_files_are_always_ready) {
  int fd = open("/etc/passwd", O_RDONLY);
  pollfd one = {fd, POLLIN | POLLOUT, 0};
  CHECK_EQ(poll(&one, 1, 0), 1);
  CHECK_EQ(one.revents, POLLIN | POLLOUT);
  close(fd);
}

CASE(thousand_entries) {
  int event = eventfd(1, 0);
  std::vector<pollfd> fds(1000, pollfd{event, POLLIN, 0});
  CHECK_EQ(poll(fds.data(), fds.size(), -1), 1000);
  close(event);
}

CASE(mask_is_in_force_only_during_ppoll) {
  static volatile sig_atomic_t got;
  got = 0;
  signal(SIGUSR1, [](int) { got = 1; });
  sigset_t usr1, before, none;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  sigemptyset(&none);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &usr1, &before), 0);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(got, 0);
  timespec second = {1, 0};
  CHECK_ERRNO(ppoll(nullptr, 0, &second, &none), EINTR);
  CHECK_EQ(got, 1);
  sigset_t now;
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, &now), 0);
  CHECK(sigismember(&now, SIGUSR1));
}
