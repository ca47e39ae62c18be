// select and pselect.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

#include <thread>

#include "check.h"
#include "sockets.h"
#include "support.h"

CASE(sets_in_and_out) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(ends[0], &in);
  FD_SET(ends[1], &out);
  timeval none = {0, 0};
  CHECK_EQ(select(ends[1] + 1, &in, &out, nullptr, &none), 1);
  CHECK(!FD_ISSET(ends[0], &in));
  CHECK(FD_ISSET(ends[1], &out));
  CHECK_EQ(write(ends[1], "x", 1), 1);
  FD_SET(ends[0], &in);
  CHECK_EQ(select(ends[1] + 1, &in, &out, nullptr, nullptr), 2);
  CHECK(FD_ISSET(ends[0], &in));
  close(ends[0]);
  close(ends[1]);
}

CASE(remaining_time_is_told) {
  int event = eventfd(0, 0);
  std::thread other([&] {
    support::sleep_ms(100);
    eventfd_write(event, 1);
  });
  fd_set in;
  FD_ZERO(&in);
  FD_SET(event, &in);
  timeval timeout = {10, 0};
  CHECK_EQ(select(event + 1, &in, nullptr, nullptr, &timeout), 1);
  CHECK(timeout.tv_sec == 9 && timeout.tv_usec < 950000);
  other.join();
  close(event);
}

CASE(timeout_and_errors) {
  int64_t start = support::now_ms();
  timeval timeout = {0, 70000};
  CHECK_EQ(select(0, nullptr, nullptr, nullptr, &timeout), 0);
  CHECK(support::now_ms() - start >= 69);
  fd_set in;
  FD_ZERO(&in);
  FD_SET(60, &in);
  CHECK_ERRNO(select(61, &in, nullptr, nullptr, &timeout), EBADF);
  CHECK_ERRNO(select(-1, nullptr, nullptr, nullptr, &timeout), EINVAL);
  timespec bad = {0, -1};
  CHECK_ERRNO(pselect(0, nullptr, nullptr, nullptr, &bad, nullptr), EINVAL);
}

CASE(sockets_wake) {
  sockets::TcpPair pair;
  std::thread other([&] {
    support::settle();
    send(pair.client, "x", 1, 0);
  });
  fd_set in;
  FD_ZERO(&in);
  FD_SET(pair.server, &in);
  timeval timeout = {10, 0};
  CHECK_EQ(select(pair.server + 1, &in, nullptr, nullptr, &timeout), 1);
  other.join();
}
