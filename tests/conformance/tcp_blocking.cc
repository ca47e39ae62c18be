// Blocking socket calls block their thread only, end with data, with time-outs and with close.
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "sockets.h"
#include "support.h"

using sockets::Listener;
using sockets::TcpPair;

CASE(accept_waits) {
  Listener listener;
  std::atomic<int> server = -1;
  std::thread waiter([&] { server = accept(listener.fd, nullptr, nullptr); });
  support::settle();
  CHECK_EQ(server.load(), -1);
  int client = sockets::connect_to(listener.port);
  waiter.join();
  CHECK(server >= 0);
  close(client);
  close(server);
}

CASE(receive_waits) {
  TcpPair pair;
  std::atomic<ssize_t> got = -2;
  std::thread waiter([&] {
    char byte;
    got = recv(pair.server, &byte, 1, 0);
  });
  support::settle();
  CHECK_EQ(got.load(), -2);
  CHECK_EQ(send(pair.client, "x", 1, 0), 1);
  waiter.join();
  CHECK_EQ(got.load(), 1);
}

CASE(receive_time_out) {
  TcpPair pair;
  timeval timeout = {0, 80000};
  CHECK_EQ(setsockopt(pair.server, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout), 0);
  char byte;
  int64_t start = support::now_ms();
  CHECK_ERRNO(recv(pair.server, &byte, 1, 0), EAGAIN);
  CHECK_ERRNO(read(pair.server, &byte, 1), EAGAIN);
  int64_t took = support::now_ms() - start;
  CHECK(took >= 158 && took < 5000);
  timeval back = {};
  socklen_t size = sizeof back;
  CHECK_EQ(getsockopt(pair.server, SOL_SOCKET, SO_RCVTIMEO, &back, &size), 0);
  CHECK(back.tv_usec >= 80000 && back.tv_usec < 90000);
}

CASE(send_time_out) {
  TcpPair pair;
  timeval timeout = {0, 80000};
  CHECK_EQ(setsockopt(pair.client, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout), 0);
  std::string chunk(1 << 20, 'x');
  ssize_t n;
  int rounds = 0;
  while ((n = send(pair.client, chunk.data(), chunk.size(), 0)) > 0 && rounds++ < 100) {
  }
  CHECK_EQ(n, -1);
  CHECK_EQ(errno, EAGAIN);
}

CASE(shutdown_wakes_a_blocked_reader) {
  TcpPair pair;
  std::atomic<ssize_t> got = -2;
  std::thread waiter([&] {
    char byte;
    got = recv(pair.server, &byte, 1, 0);
  });
  support::settle();
  CHECK_EQ(shutdown(pair.server, SHUT_RD), 0);
  waiter.join();
  CHECK_EQ(got.load(), 0);
}

CASE(many_clients_one_thread_each) {
  constexpr int kClients = 50, kRounds = 20;
  Listener listener;
  std::atomic<int> served = 0;
  std::thread acceptor([&] {
    std::vector<std::thread> handlers;
    for (int i = 0; i < kClients; i++) {
      int fd = accept(listener.fd, nullptr, nullptr);
      handlers.emplace_back([&, fd] {
        char buffer[64];
        ssize_t n;
        while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0)
          if (send(fd, buffer, static_cast<size_t>(n), 0) == n) served++;
        close(fd);
      });
    }
    for (auto& handler : handlers) handler.join();
  });
  std::vector<std::thread> clients;
  std::atomic<int> wrong = 0;
  for (int c = 0; c < kClients; c++)
    clients.emplace_back([&, c] {
      int fd = sockets::connect_to(listener.port);
      for (int i = 0; i < kRounds; i++) {
        char out[8], in[8] = {};
        snprintf(out, sizeof out, "%03d%04d", c, i);
        if (send(fd, out, 8, 0) != 8 || recv(fd, in, 8, MSG_WAITALL) != 8 || memcmp(out, in, 8)) wrong++;
      }
      close(fd);
    });
  for (auto& client : clients) client.join();
  acceptor.join();
  CHECK_EQ(wrong.load(), 0);
  CHECK_EQ(served.load(), kClients * kRounds);
}

CASE(several_threads_accept_on_one_socket) {
  Listener listener;
  std::atomic<int> accepted = 0;
  std::vector<std::thread> acceptors;
  for (int i = 0; i < 4; i++)
    acceptors.emplace_back([&] {
      for (int j = 0; j < 5; j++) {
        int fd = accept(listener.fd, nullptr, nullptr);
        if (fd >= 0) accepted++;
        close(fd);
      }
    });
  for (int i = 0; i < 20; i++) {
    int fd = sockets::connect_to(listener.port);
    CHECK(fd >= 0);
    char byte;
    CHECK_EQ(recv(fd, &byte, 1, 0), 0);
    close(fd);
  }
  for (auto& acceptor : acceptors) acceptor.join();
  CHECK_EQ(accepted.load(), 20);
}

CASE(reader_and_writer_on_one_socket) {
  TcpPair pair;
  constexpr int kBytes = 200000;
  auto pump = [&](int fd, std::atomic<int>& read_count) {
    std::thread writer([&, fd] {
      std::string data(kBytes, 'd');
      send(fd, data.data(), data.size(), 0);
    });
    char buffer[4096];
    while (read_count < kBytes) {
      ssize_t n = recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      read_count += static_cast<int>(n);
    }
    writer.join();
  };
  std::atomic<int> at_server = 0, at_client = 0;
  std::thread server([&] { pump(pair.server, at_server); });
  pump(pair.client, at_client);
  server.join();
  CHECK_EQ(at_server.load(), kBytes);
  CHECK_EQ(at_client.load(), kBytes);
}
