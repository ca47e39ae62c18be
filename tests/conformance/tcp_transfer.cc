// Large transfers with back-pressure; vectors and messages over TCP.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <thread>

#include "check.h"
#include "sockets.h"
#include "support.h"

using sockets::TcpPair;

namespace {

// A stream whose every byte tells its position.
char byte_at(size_t position) { return static_cast<char>(position * 2654435761u >> 24); }

// Reads `total` bytes and checks each. The reader is slow at first, so that the writer must wait.
bool receive_stream(int fd, size_t total) {
  static thread_local char buffer[60000];
  size_t position = 0;
  while (position < total) {
    if (position < (1 << 20)) support::sleep_ms(1);
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    for (ssize_t i = 0; i < n; i++)
      if (buffer[i] != byte_at(position + static_cast<size_t>(i))) return false;
    position += static_cast<size_t>(n);
  }
  return true;
}

std::string make_stream(size_t total) {
  std::string data(total, '\0');
  for (size_t i = 0; i < total; i++) data[i] = byte_at(i);
  return data;
}

constexpr size_t kTotal = 24 << 20;

}  // namespace

CASE(blocking_sender) {
  TcpPair pair;
  std::string data = make_stream(kTotal);
  bool right = false;
  std::thread receiver([&] { right = receive_stream(pair.server, kTotal); });
  // One call: the kernel's answer for a blocking stream socket is all of it.
  CHECK_EQ(send(pair.client, data.data(), data.size(), 0), kTotal);
  receiver.join();
  CHECK(right);
}

CASE(nonblocking_sender_polls) {
  TcpPair pair;
  std::string data = make_stream(kTotal);
  bool right = false;
  std::thread receiver([&] { right = receive_stream(pair.server, kTotal); });
  CHECK_EQ(fcntl(pair.client, F_SETFL, O_NONBLOCK), 0);
  size_t sent = 0;
  bool waited = false;
  while (sent < data.size()) {
    ssize_t n = write(pair.client, data.data() + sent, data.size() - sent);
    if (n > 0) {
      sent += static_cast<size_t>(n);
      continue;
    }
    CHECK_EQ(errno, EAGAIN);
    waited = true;
    pollfd fd = {pair.client, POLLOUT, 0};
    CHECK_EQ(poll(&fd, 1, 20000), 1);
  }
  receiver.join();
  CHECK(waited);
  CHECK(right);
}

CASE(vectors) {
  TcpPair pair;
  char a[] = "alpha", b[] = "beta", c[] = "gamma";
  iovec out[] = {{a, 5}, {b, 4}, {c, 5}};
  CHECK_EQ(writev(pair.client, out, 3), 14);
  char x[7], y[7];
  iovec in[] = {{x, 7}, {y, 7}};
  msghdr message = {};
  message.msg_iov = in;
  message.msg_iovlen = 2;
  CHECK_EQ(recvmsg(pair.server, &message, MSG_WAITALL), 14);
  CHECK_EQ(memcmp(x, "alphabe", 7), 0);
  CHECK_EQ(memcmp(y, "tagamma", 7), 0);
  message.msg_iov = out;
  message.msg_iovlen = 3;
  CHECK_EQ(sendmsg(pair.server, &message, 0), 14);
  CHECK_EQ(readv(pair.client, in, 2), 14);
}

CASE(many_small_messages) {
  TcpPair pair;
  constexpr int kCount = 20000;
  std::thread echo([&] {
    char buffer[4096];
    ssize_t n;
    while ((n = recv(pair.server, buffer, sizeof buffer, 0)) > 0) send(pair.server, buffer, static_cast<size_t>(n), 0);
  });
  std::thread sender([&] {
    for (int i = 0; i < kCount; i++) send(pair.client, &i, sizeof i, 0);
  });
  bool in_order = true;
  for (int i = 0; i < kCount; i++) {
    int value = -1;
    in_order = in_order && recv(pair.client, &value, sizeof value, MSG_WAITALL) == sizeof value && value == i;
  }
  sender.join();
  shutdown(pair.client, SHUT_WR);
  echo.join();
  CHECK(in_order);
}
