// epoll over sockets, whose readiness comes from outside.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "sockets.h"
#include "support.h"

using sockets::TcpPair;

namespace {

int add(int epoll, int fd, uint32_t events, uint64_t data = 0) {
  epoll_event event = {events, {.u64 = data}};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

// The events of one descriptor, 0 if none came in time.
uint32_t wait(int epoll, int timeout_ms) {
  epoll_event event;
  return epoll_wait(epoll, &event, 1, timeout_ms) == 1 ? event.events : 0;
}

}  // namespace

CASE(level_and_edge_on_tcp) {
  TcpPair pair;
  for (uint32_t mode : {0u, static_cast<uint32_t>(EPOLLET)}) {
    int epoll = epoll_create1(0);
    CHECK_EQ(add(epoll, pair.server, EPOLLIN | mode), 0);
    CHECK_EQ(wait(epoll, 0), 0);
    CHECK_EQ(send(pair.client, "abc", 3, 0), 3);
    CHECK_EQ(wait(epoll, 5000), EPOLLIN);
    CHECK_EQ(wait(epoll, 0), mode ? 0u : uint32_t{EPOLLIN});
    char buffer[8];
    CHECK_EQ(recv(pair.server, buffer, 1, 0), 1);
    CHECK_EQ(wait(epoll, 0), mode ? 0u : uint32_t{EPOLLIN});
    CHECK_EQ(send(pair.client, "d", 1, 0), 1);
    CHECK_EQ(wait(epoll, 5000), EPOLLIN);
    CHECK_EQ(recv(pair.server, buffer, 8, 0), 3);
    CHECK_EQ(wait(epoll, 0), 0);
    close(epoll);
  }
}

CASE(one_shot_on_tcp) {
  TcpPair pair;
  int epoll = epoll_create1(0);
  CHECK_EQ(add(epoll, pair.server, EPOLLIN | EPOLLONESHOT), 0);
  CHECK_EQ(send(pair.client, "a", 1, 0), 1);
  CHECK_EQ(wait(epoll, 5000), EPOLLIN);
  CHECK_EQ(send(pair.client, "b", 1, 0), 1);
  CHECK_EQ(wait(epoll, 100), 0);
  epoll_event event = {EPOLLIN | EPOLLONESHOT, {}};
  CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_MOD, pair.server, &event), 0);
  CHECK_EQ(wait(epoll, 5000), EPOLLIN);
  close(epoll);
}

CASE(connection_requests) {
  sockets::Listener listener;
  int epoll = epoll_create1(0);
  CHECK_EQ(add(epoll, listener.fd, EPOLLIN), 0);
  CHECK_EQ(wait(epoll, 0), 0);
  int client = sockets::connect_to(listener.port);
  CHECK(client >= 0);
  CHECK_EQ(wait(epoll, 5000), EPOLLIN);
  int server = accept(listener.fd, nullptr, nullptr);
  CHECK(server >= 0);
  CHECK_EQ(wait(epoll, 0), 0);
  close(client);
  close(server);
  close(epoll);
}

CASE(peer_closes) {
  TcpPair pair;
  int epoll = epoll_create1(0);
  CHECK_EQ(add(epoll, pair.server, EPOLLIN | EPOLLRDHUP | EPOLLET), 0);
  CHECK_EQ(shutdown(pair.client, SHUT_WR), 0);
  CHECK_EQ(wait(epoll, 5000), EPOLLIN | EPOLLRDHUP);
  pair.close_client();
  CHECK_EQ(shutdown(pair.server, SHUT_WR), 0);
  CHECK(wait(epoll, 5000) & EPOLLHUP);
  close(epoll);
}

CASE(write_space_comes_back) {
  TcpPair pair;
  CHECK_EQ(fcntl(pair.server, F_SETFL, O_NONBLOCK), 0);
  int epoll = epoll_create1(0);
  CHECK_EQ(add(epoll, pair.server, EPOLLOUT | EPOLLET), 0);
  CHECK_EQ(wait(epoll, 5000), EPOLLOUT);
  std::string chunk(65536, 'x');
  size_t total = 0;
  ssize_t n;
  while ((n = send(pair.server, chunk.data(), chunk.size(), 0)) > 0) total += static_cast<size_t>(n);
  CHECK_EQ(errno, EAGAIN);
  CHECK_EQ(wait(epoll, 0), 0);
  while (total > 0 && (n = recv(pair.client, chunk.data(), chunk.size(), 0)) > 0) total -= static_cast<size_t>(n);
  CHECK_EQ(wait(epoll, 5000), EPOLLOUT);
  close(epoll);
}

CASE(inside_and_outside_sources_together) {
  TcpPair pair;
  int event = eventfd(0, EFD_NONBLOCK);
  int epoll = epoll_create1(0);
  CHECK_EQ(add(epoll, pair.server, EPOLLIN, 1), 0);
  CHECK_EQ(add(epoll, event, EPOLLIN, 2), 0);
  std::thread other([&] {
    support::settle();
    eventfd_write(event, 1);
    support::settle();
    send(pair.client, "x", 1, 0);
  });
  epoll_event got[2];
  CHECK_EQ(epoll_wait(epoll, got, 2, 10000), 1);
  CHECK_EQ(got[0].data.u64, 2);
  eventfd_t value;
  eventfd_read(event, &value);
  CHECK_EQ(epoll_wait(epoll, got, 2, 10000), 1);
  CHECK_EQ(got[0].data.u64, 1);
  other.join();
  close(event);
  close(epoll);
}

CASE(workers_share_one_epoll) {
  constexpr int kPairs = 20, kMessages = 100;
  int epoll = epoll_create1(0);
  std::vector<TcpPair> pairs(kPairs);
  for (auto& pair : pairs) CHECK_EQ(add(epoll, pair.server, EPOLLIN | EPOLLONESHOT, static_cast<uint64_t>(pair.server)), 0);
  std::atomic<int> received = 0;
  std::atomic<bool> stop = false;
  auto work = [&] {
    epoll_event event;
    while (!stop) {
      if (epoll_wait(epoll, &event, 1, 50) != 1) continue;
      int fd = static_cast<int>(event.data.u64);
      char buffer[64];
      ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (n > 0) received += static_cast<int>(n);
      event.events = EPOLLIN | EPOLLONESHOT;
      epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; i++) workers.emplace_back(work);
  for (int i = 0; i < kMessages; i++)
    for (auto& pair : pairs) CHECK_EQ(send(pair.client, "m", 1, 0), 1);
  for (int i = 0; i < 500 && received < kPairs * kMessages; i++) support::sleep_ms(10);
  stop = true;
  for (auto& worker : workers) worker.join();
  CHECK_EQ(received.load(), kPairs * kMessages);
  close(epoll);
}

CASE(nonblocking_connect_becomes_writable) {
  sockets::Listener listener;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address = sockets::loopback(listener.port);
  int answer = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  CHECK(answer == 0 || errno == EINPROGRESS);
  int epoll = epoll_create1(0);
  CHECK_EQ(add(epoll, fd, EPOLLOUT), 0);
  CHECK_EQ(wait(epoll, 5000), EPOLLOUT);
  int error = -1;
  socklen_t size = sizeof error;
  CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
  CHECK_EQ(error, 0);
  close(fd);
  close(epoll);
}

CASE(refused_connect_is_an_error_event) {
  int port;
  {
    sockets::Listener gone;
    port = gone.port;
  }
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address = sockets::loopback(port);
  int answer = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (answer == -1 && errno == EINPROGRESS) {
    int epoll = epoll_create1(0);
    CHECK_EQ(add(epoll, fd, EPOLLOUT), 0);
    CHECK(wait(epoll, 5000) & EPOLLERR);
    int error = 0;
    socklen_t size = sizeof error;
    CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    CHECK_EQ(error, ECONNREFUSED);
    close(epoll);
  } else {
    CHECK_EQ(errno, ECONNREFUSED);
  }
  close(fd);
}
