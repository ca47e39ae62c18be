// UDP over loopback.
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "check.h"
#include "sockets.h"
#include "support.h"

namespace {

struct Udp {
  Udp() : fd(socket(AF_INET, SOCK_DGRAM, 0)) {
    address = sockets::loopback(0);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size))
      perror("udp");
  }
  ~Udp() { close(fd); }
  const sockaddr* name() const { return reinterpret_cast<const sockaddr*>(&address); }
  int fd;
  sockaddr_in address;
};

}  // namespace

CASE(datagrams_and_senders) {
  Udp one, two;
  CHECK_EQ(sendto(one.fd, "ping", 4, 0, two.name(), sizeof two.address), 4);
  sockaddr_in from = {};
  socklen_t size = sizeof from;
  char buffer[16];
  CHECK_EQ(recvfrom(two.fd, buffer, 16, 0, reinterpret_cast<sockaddr*>(&from), &size), 4);
  CHECK_EQ(from.sin_port, one.address.sin_port);
  CHECK_EQ(size, sizeof from);
  CHECK_EQ(sendto(two.fd, "", 0, 0, one.name(), sizeof one.address), 0);
  CHECK_EQ(recv(one.fd, buffer, 16, 0), 0);
}

CASE(truncation_is_flagged) {
  Udp one, two;
  CHECK_EQ(sendto(one.fd, "0123456789", 10, 0, two.name(), sizeof two.address), 10);
  char buffer[4];
  iovec piece = {buffer, 4};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  CHECK_EQ(recvmsg(two.fd, &message, 0), 4);
  CHECK(message.msg_flags & MSG_TRUNC);
}

CASE(connected_sockets) {
  Udp one, two, stranger;
  CHECK_EQ(connect(one.fd, two.name(), sizeof two.address), 0);
  CHECK_EQ(send(one.fd, "x", 1, 0), 1);
  CHECK_EQ(sendto(stranger.fd, "y", 1, 0, one.name(), sizeof one.address), 1);
  char byte = 0;
  CHECK_ERRNO(recv(one.fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
  CHECK_EQ(recv(two.fd, &byte, 1, 0), 1);
  CHECK_EQ(byte, 'x');
  sockaddr none = {};
  none.sa_family = AF_UNSPEC;
  CHECK_EQ(connect(one.fd, &none, sizeof none), 0);
  CHECK_ERRNO(send(one.fd, "x", 1, 0), EDESTADDRREQ);
}

CASE(blocked_receiver_is_woken) {
  Udp one, two;
  std::thread sender([&] {
    support::settle();
    sendto(one.fd, "w", 1, 0, two.name(), sizeof two.address);
  });
  char byte = 0;
  CHECK_EQ(recv(two.fd, &byte, 1, 0), 1);
  CHECK_EQ(byte, 'w');
  sender.join();
}

CASE(too_large) {
  Udp one, two;
  static char huge[70000];
  CHECK_ERRNO(sendto(one.fd, huge, sizeof huge, 0, two.name(), sizeof two.address), EMSGSIZE);
}
