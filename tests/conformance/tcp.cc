// TCP sockets: addresses, options, errors.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "sockets.h"
#include "support.h"

using sockets::Listener;
using sockets::TcpPair;

CASE(addresses_of_both_ends) {
  TcpPair pair;
  sockaddr_in client, server, peer;
  socklen_t size = sizeof client;
  CHECK_EQ(getsockname(pair.client, reinterpret_cast<sockaddr*>(&client), &size), 0);
  CHECK_EQ(getsockname(pair.server, reinterpret_cast<sockaddr*>(&server), &size), 0);
  CHECK_EQ(getpeername(pair.client, reinterpret_cast<sockaddr*>(&peer), &size), 0);
  CHECK_EQ(size, sizeof(sockaddr_in));
  CHECK_EQ(peer.sin_port, server.sin_port);
  CHECK_EQ(peer.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  CHECK(client.sin_port != server.sin_port);
}

CASE(accept_tells_the_peer) {
  Listener listener;
  int client = sockets::connect_to(listener.port);
  sockaddr_storage peer;
  memset(&peer, 0x55, sizeof peer);
  socklen_t size = sizeof peer;
  int server = accept4(listener.fd, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  CHECK(server >= 0);
  CHECK_EQ(size, sizeof(sockaddr_in));
  CHECK_EQ(peer.ss_family, AF_INET);
  CHECK_EQ(fcntl(server, F_GETFD), FD_CLOEXEC);
  CHECK(fcntl(server, F_GETFL) & O_NONBLOCK);
  close(server);
  close(client);
  client = sockets::connect_to(listener.port);
  size = 4;  // truncated, and the true size is told
  server = accept(listener.fd, reinterpret_cast<sockaddr*>(&peer), &size);
  CHECK(server >= 0);
  CHECK_EQ(size, sizeof(sockaddr_in));
  close(server);
  close(client);
}

CASE(options) {
  TcpPair pair;
  int on = 1, value = 0;
  socklen_t size = sizeof value;
  CHECK_EQ(setsockopt(pair.client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
  CHECK_EQ(getsockopt(pair.client, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
  CHECK(value != 0);
  CHECK_EQ(size, 4);
  CHECK_EQ(setsockopt(pair.client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on), 0);
  CHECK_EQ(getsockopt(pair.client, SOL_SOCKET, SO_TYPE, &value, &size), 0);
  CHECK_EQ(value, SOCK_STREAM);
  CHECK_EQ(getsockopt(pair.client, SOL_SOCKET, SO_ERROR, &value, &size), 0);
  CHECK_EQ(value, 0);
  linger lingering = {1, 5};
  CHECK_EQ(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &lingering, sizeof lingering), 0);
  Listener listener;
  CHECK_EQ(getsockopt(listener.fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size), 0);
  CHECK_EQ(value, 1);
  CHECK_ERRNO(setsockopt(pair.client, IPPROTO_TCP, 9999, &on, sizeof on), ENOPROTOOPT);
  CHECK_ERRNO(setsockopt(pair.client, IPPROTO_TCP, TCP_NODELAY, &on, 1), EINVAL);
  CHECK_ERRNO(setsockopt(pair.client, SOL_SOCKET, SO_KEEPALIVE, reinterpret_cast<int*>(8), 4), EFAULT);
}

CASE(errors) {
  CHECK_ERRNO(socket(9999, SOCK_STREAM, 0), EAFNOSUPPORT);
  CHECK_ERRNO(socket(AF_INET, 99, 0), EINVAL);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  char byte = 0;
  signal(SIGPIPE, SIG_IGN);
  CHECK_ERRNO(send(fd, &byte, 1, 0), EPIPE);
  CHECK_ERRNO(recv(fd, &byte, 1, 0), ENOTCONN);
  CHECK_ERRNO(accept(fd, nullptr, nullptr), EINVAL);
  CHECK_ERRNO(shutdown(fd, SHUT_WR), ENOTCONN);
  sockaddr_storage name;
  socklen_t size = sizeof name;
  CHECK_ERRNO(getpeername(fd, reinterpret_cast<sockaddr*>(&name), &size), ENOTCONN);
  CHECK_ERRNO(bind(fd, reinterpret_cast<sockaddr*>(&name), 2), EINVAL);
  close(fd);
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  CHECK_ERRNO(send(ends[1], &byte, 1, 0), ENOTSOCK);
  CHECK_ERRNO(listen(ends[1], 1), ENOTSOCK);
  CHECK_ERRNO(listen(1000, 1), EBADF);
  close(ends[0]);
  close(ends[1]);
}

CASE(address_in_use_and_refused) {
  Listener listener;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = sockets::loopback(listener.port);
  CHECK_ERRNO(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), EADDRINUSE);
  close(fd);
  int port;
  {
    Listener gone;
    port = gone.port;
  }
  fd = socket(AF_INET, SOCK_STREAM, 0);
  address = sockets::loopback(port);
  CHECK_ERRNO(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), ECONNREFUSED);
  close(fd);
}

CASE(peek_wait_all_and_dont_wait) {
  TcpPair pair;
  char buffer[16];
  CHECK_ERRNO(recv(pair.server, buffer, 1, MSG_DONTWAIT), EAGAIN);
  CHECK_EQ(send(pair.client, "abcd", 4, 0), 4);
  CHECK_EQ(recv(pair.server, buffer, 2, MSG_PEEK | MSG_WAITALL), 2);
  CHECK_EQ(recv(pair.server, buffer, 4, MSG_WAITALL), 4);
  CHECK_EQ(memcmp(buffer, "abcd", 4), 0);
  int waiting = -1;
  CHECK_EQ(send(pair.client, "xyz", 3, 0), 3);
  CHECK_EQ(recv(pair.server, buffer, 3, MSG_PEEK | MSG_WAITALL), 3);
  CHECK_EQ(ioctl(pair.server, FIONREAD, &waiting), 0);
  CHECK_EQ(waiting, 3);
  CHECK_EQ(read(pair.server, buffer, 16), 3);
}

CASE(half_close) {
  TcpPair pair;
  CHECK_EQ(send(pair.client, "last", 4, 0), 4);
  CHECK_EQ(shutdown(pair.client, SHUT_WR), 0);
  char buffer[16];
  CHECK_EQ(recv(pair.server, buffer, 16, MSG_WAITALL), 4);
  CHECK_EQ(recv(pair.server, buffer, 16, 0), 0);
  CHECK_EQ(send(pair.server, "answer", 6, 0), 6);
  CHECK_EQ(recv(pair.client, buffer, 6, MSG_WAITALL), 6);
  signal(SIGPIPE, SIG_IGN);
  CHECK_ERRNO(send(pair.client, "x", 1, 0), EPIPE);
}

CASE(write_after_reset_is_epipe_with_signal) {
  static volatile sig_atomic_t signals;
  signals = 0;
  signal(SIGPIPE, [](int) { signals = signals + 1; });
  TcpPair pair;
  linger at_once = {1, 0};
  CHECK_EQ(setsockopt(pair.server, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  pair.close_server();
  support::settle();
  char byte;
  CHECK_ERRNO(recv(pair.client, &byte, 1, 0), ECONNRESET);
  CHECK_ERRNO(send(pair.client, "x", 1, 0), EPIPE);
  CHECK_EQ(signals, 1);
  CHECK_ERRNO(send(pair.client, "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK_EQ(signals, 1);
  signal(SIGPIPE, SIG_DFL);
}

CASE(ipv6_loopback) {
  int listener = socket(AF_INET6, SOCK_STREAM, 0);
  if (listener < 0) return;
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0) {
    CHECK_EQ(listen(listener, 1), 0);
    CHECK_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    int client = socket(AF_INET6, SOCK_STREAM, 0);
    CHECK_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
    int server = accept(listener, nullptr, nullptr);
    CHECK(server >= 0);
    CHECK_EQ(send(client, "6", 1, 0), 1);
    char byte;
    CHECK_EQ(recv(server, &byte, 1, 0), 1);
    close(client);
    close(server);
  }
  close(listener);
}
