// UNIX sockets: pairs, names, abstract names, datagrams.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

using support::TemporaryDir;

namespace {

sockaddr_un named(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

int call_bind(int fd, const sockaddr_un& address, socklen_t size = sizeof(sockaddr_un)) {
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), size);
}
int call_connect(int fd, const sockaddr_un& address, socklen_t size = sizeof(sockaddr_un)) {
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace

CASE(stream_pair) {
  int pair[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  CHECK_EQ(fcntl(pair[0], F_GETFD), FD_CLOEXEC);
  char buffer[16];
  CHECK_EQ(write(pair[0], "one", 3), 3);
  CHECK_EQ(write(pair[1], "two!", 4), 4);
  CHECK_EQ(read(pair[1], buffer, 16), 3);
  CHECK_EQ(read(pair[0], buffer, 16), 4);
  CHECK_EQ(shutdown(pair[0], SHUT_WR), 0);
  CHECK_EQ(read(pair[1], buffer, 16), 0);
  close(pair[0]);
  signal(SIGPIPE, SIG_IGN);
  CHECK_ERRNO(write(pair[1], "x", 1), EPIPE);
  close(pair[1]);
}

CASE(datagrams_keep_their_limits) {
  for (int type : {SOCK_DGRAM, SOCK_SEQPACKET}) {
    int pair[2];
    CHECK_EQ(socketpair(AF_UNIX, type, 0, pair), 0);
    CHECK_EQ(send(pair[0], "first", 5, 0), 5);
    CHECK_EQ(send(pair[0], "second", 6, 0), 6);
    char buffer[16];
    CHECK_EQ(recv(pair[1], buffer, 3, 0), 3);
    CHECK_EQ(recv(pair[1], buffer, 16, 0), 6);
    CHECK_EQ(memcmp(buffer, "second", 6), 0);
    CHECK_EQ(send(pair[0], "truncated", 9, 0), 9);
    CHECK_EQ(recv(pair[1], buffer, 2, MSG_TRUNC), 9);
    close(pair[0]);
    close(pair[1]);
  }
}

CASE(a_name_in_the_file_system) {
  TemporaryDir dir;
  sockaddr_un address = named(dir / "socket");
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK_EQ(call_bind(listener, address), 0);
  struct stat status;
  CHECK_EQ(stat(address.sun_path, &status), 0);
  CHECK(S_ISSOCK(status.st_mode));
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK_ERRNO(call_connect(client, address), ECONNREFUSED);
  CHECK_EQ(listen(listener, 5), 0);
  CHECK_EQ(call_connect(client, address), 0);
  int server = accept(listener, nullptr, nullptr);
  CHECK(server >= 0);
  CHECK_EQ(write(client, "hi", 2), 2);
  char buffer[4];
  CHECK_EQ(read(server, buffer, 4), 2);
  sockaddr_un peer = {};
  socklen_t size = sizeof peer;
  CHECK_EQ(getpeername(client, reinterpret_cast<sockaddr*>(&peer), &size), 0);
  CHECK_EQ(strcmp(peer.sun_path, address.sun_path), 0);
  int other = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK_ERRNO(call_bind(other, address), EADDRINUSE);
  CHECK_ERRNO(call_connect(other, named(dir / "none")), ENOENT);
  close(other);
  close(client);
  close(server);
  close(listener);
}

CASE(an_abstract_name) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  int length = snprintf(address.sun_path + 1, 60, "scone-conformance-%d", getpid());
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + static_cast<size_t>(length));
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK_EQ(call_bind(listener, address, size), 0);
  CHECK_EQ(listen(listener, 1), 0);
  CHECK_EQ(call_connect(client, address, size), 0);
  int server = accept(listener, nullptr, nullptr);
  CHECK(server >= 0);
  close(listener);
  close(client);
  close(server);
}

CASE(named_datagrams_know_their_sender) {
  TemporaryDir dir;
  sockaddr_un one = named(dir / "one"), two = named(dir / "two"), from = {};
  int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
  CHECK_EQ(call_bind(a, one), 0);
  CHECK_EQ(call_bind(b, two), 0);
  CHECK_EQ(sendto(a, "hello", 5, 0, reinterpret_cast<sockaddr*>(&two), sizeof two), 5);
  char buffer[8];
  socklen_t size = sizeof from;
  CHECK_EQ(recvfrom(b, buffer, 8, 0, reinterpret_cast<sockaddr*>(&from), &size), 5);
  CHECK_EQ(strcmp(from.sun_path, one.sun_path), 0);
  CHECK_EQ(recv(b, buffer, 8, MSG_DONTWAIT), -1);
  CHECK_EQ(errno, EAGAIN);
  close(a);
  close(b);
}

CASE(blocked_reader_and_back_pressure) {
  int pair[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  std::string data(4 << 20, 'u');
  std::atomic<ssize_t> written = -1;
  std::thread writer([&] {
    support::settle();
    written = write(pair[0], data.data(), data.size());
  });
  size_t total = 0;
  static char buffer[65536];
  while (total < data.size()) {
    ssize_t n = read(pair[1], buffer, sizeof buffer);
    CHECK(n > 0);
    total += static_cast<size_t>(n);
  }
  writer.join();
  CHECK_EQ(written.load(), data.size());
  close(pair[0]);
  close(pair[1]);
}

CASE(readiness) {
  int pair[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  pollfd fd = {pair[0], POLLIN | POLLOUT, 0};
  CHECK_EQ(poll(&fd, 1, 0), 1);
  CHECK_EQ(fd.revents, POLLOUT);
  CHECK_EQ(write(pair[1], "x", 1), 1);
  CHECK_EQ(poll(&fd, 1, 1000), 1);
  CHECK_EQ(fd.revents, POLLIN | POLLOUT);
  close(pair[1]);
  CHECK_EQ(poll(&fd, 1, 1000), 1);
  CHECK_EQ(fd.revents & (POLLIN | POLLHUP), POLLIN | POLLHUP);
  close(pair[0]);
}
