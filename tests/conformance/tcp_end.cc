// How a TCP connection ends while bytes wait on either side of it: ends, half ends, resets, errors.
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "sockets.h"
#include "streams.h"
#include "support.h"

using sockets::Listener;
using sockets::TcpPair;
using namespace streams;

namespace {

std::atomic<int> g_pipe_signals{0};

}  // namespace

CASE(bytes_before_close_arrive_and_then_the_end) {
  for (size_t size : {1u, 100u, 5000u, 70000u, 300000u}) {
    TcpPair pair;
    const std::string data = pattern(size);
    std::string got;
    std::thread reader([&] { got = read_all(pair.server); });
    CHECK_EQ(write(pair.client, data.data(), size), size);
    pair.close_client();
    reader.join();
    CHECK_EQ(got.size(), size);
    CHECK(got == data);
  }
}

CASE(the_peer_closes_before_it_is_accepted) {
  Listener listener;
  for (int i = 0; i < 200; i++) {
    int client = sockets::connect_to(listener.port);
    CHECK(client >= 0);
    CHECK_EQ(write(client, "request", 7), 7);
    if (i % 2) close(client);
    int server = accept(listener.fd, nullptr, nullptr);
    CHECK(server >= 0);
    if (i % 2 == 0) {
      CHECK(read_some(server, 3) == "req");
      close(client);
      CHECK(read_all(server) == "uest");
    } else {
      CHECK(read_all(server) == "request");
    }
    char byte;
    CHECK_EQ(recv(server, &byte, 1, 0), 0);
    close(server);
  }
}

CASE(the_end_is_an_event_that_comes_with_the_bytes) {
  TcpPair pair;
  int epoll = epoll_create1(0);
  epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {}};
  CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.server, &event), 0);
  CHECK_EQ(write(pair.client, "last", 4), 4);
  pair.close_client();
  support::settle();
  CHECK(set_nonblocking(pair.server));
  std::string got;
  bool ended = false;
  uint32_t seen = 0;
  const int64_t limit = support::now_ms() + 5000;
  while (!ended && support::now_ms() < limit) {
    if (epoll_wait(epoll, &event, 1, 1000) < 1) break;
    seen |= event.events;
    char piece[100];
    ssize_t n;
    while ((n = read(pair.server, piece, sizeof piece)) > 0) got.append(piece, static_cast<size_t>(n));
    ended = n == 0;
  }
  CHECK(ended);
  CHECK(got == "last");
  CHECK(seen & EPOLLRDHUP);
  close(epoll);
}

CASE(half_close_both_ways) {
  TcpPair pair;
  const std::string data = pattern(200000), answer = pattern(150000, 7);
  std::thread server([&] {
    std::string request = read_all(pair.server);
    if (request == data) send(pair.server, answer.data(), answer.size(), 0);
    shutdown(pair.server, SHUT_WR);
  });
  CHECK_EQ(write(pair.client, data.data(), data.size()), data.size());
  CHECK_EQ(shutdown(pair.client, SHUT_WR), 0);
  CHECK_ERRNO(send(pair.client, "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(read_all(pair.client) == answer);
  server.join();
  CHECK_EQ(ready(pair.client, POLLIN | POLLRDHUP) & (POLLIN | POLLRDHUP | POLLHUP),
           POLLIN | POLLRDHUP | POLLHUP);
}

CASE(what_came_before_a_reset_of_a_later_send) {
  // The peer answers early, does not read the rest, and closes: HTTP's "413 Content Too Large".
  TcpPair pair;
  CHECK_EQ(write(pair.client, "begin", 5), 5);
  CHECK(read_some(pair.server, 1) == "b");  // the rest stays unread, so close resets
  CHECK_EQ(write(pair.server, "too large", 9), 9);
  CHECK(read_some(pair.client, 3) == "too");
  pair.close_server();
  support::settle();
  signal(SIGPIPE, SIG_IGN);
  const ssize_t sent = send(pair.client, "more", 4, 0);
  if (sent < 0) CHECK(errno == ECONNRESET || errno == EPIPE);
  support::settle();
  // What had arrived is there all the same.
  CHECK(read_some(pair.client, 6) == " large");
  signal(SIGPIPE, SIG_DFL);
}

CASE(reset_then_broken_pipe_then_signal) {
  struct sigaction action = {};
  action.sa_handler = [](int) { ++g_pipe_signals; };
  sigaction(SIGPIPE, &action, nullptr);
  TcpPair pair;
  char byte;
  CHECK_EQ(write(pair.server, "x", 1), 1);
  CHECK_EQ(read(pair.client, &byte, 1), 1);
  linger hard = {1, 0};
  setsockopt(pair.server, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  pair.close_server();
  support::settle();
  CHECK(ready(pair.client, POLLIN) & POLLIN);
  CHECK_ERRNO(read(pair.client, &byte, 1), ECONNRESET);
  CHECK_EQ(read(pair.client, &byte, 1), 0);  // told once
  CHECK_EQ(g_pipe_signals.load(), 0);
  CHECK_ERRNO(write(pair.client, "y", 1), EPIPE);
  CHECK_EQ(g_pipe_signals.load(), 1);
  CHECK_ERRNO(send(pair.client, "y", 1, MSG_NOSIGNAL), EPIPE);
  CHECK_EQ(g_pipe_signals.load(), 1);
  sigaction(SIGPIPE, &action, nullptr);
  signal(SIGPIPE, SIG_DFL);
}
