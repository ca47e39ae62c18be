// A TCP socket with several holders and many neighbours: duplicates, writers, events, connections.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "sockets.h"
#include "streams.h"
#include "support.h"

using sockets::TcpPair;
using namespace streams;

CASE(a_connection_is_passed_on_unread) {
  TcpPair pair;
  int channel[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
  CHECK_EQ(write(pair.client, "for whoever reads", 17), 17);
  support::settle();
  char byte = 'f', control[CMSG_SPACE(sizeof(int))] = {};
  iovec data = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &pair.server, sizeof(int));
  CHECK_EQ(sendmsg(channel[0], &message, 0), 1);
  pair.close_server();
  CHECK_EQ(recvmsg(channel[1], &message, 0), 1);
  int got = -1;
  memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof got);
  CHECK(read_some(got, 17) == "for whoever reads");
  CHECK_EQ(write(got, "answer", 6), 6);
  close(got);
  CHECK(read_all(pair.client) == "answer");
  close(channel[0]);
  close(channel[1]);
}

CASE(a_duplicate_is_the_same_stream) {
  TcpPair pair;
  int copy = dup(pair.server);
  write(pair.client, "abcdef", 6);
  CHECK(read_some(pair.server, 2) == "ab");
  CHECK(read_some(copy, 2) == "cd");
  pair.close_server();
  CHECK(read_some(copy, 2) == "ef");  // still open
  CHECK_EQ(write(copy, "x", 1), 1);
  CHECK(read_some(pair.client, 1) == "x");
  close(copy);
  char byte;
  CHECK_EQ(recv(pair.client, &byte, 1, 0), 0);
}

CASE(writers_do_not_mix_their_messages) {
  struct Message {
    uint32_t writer, number;
    char filler[92];
  };
  constexpr uint32_t kWriters = 8, kEach = 500;
  TcpPair pair;
  std::vector<std::thread> writers;
  for (uint32_t w = 0; w < kWriters; w++)
    writers.emplace_back([&pair, w] {
      Message message = {};
      message.writer = w;
      memset(message.filler, 'a' + static_cast<int>(w), sizeof message.filler);
      for (message.number = 0; message.number < kEach; message.number++)
        if (write(pair.client, &message, sizeof message) != sizeof message) return;
    });
  uint32_t next[kWriters] = {};
  bool right = true;
  for (uint32_t i = 0; right && i < kWriters * kEach; i++) {
    Message message;
    right = recv(pair.server, &message, sizeof message, MSG_WAITALL) == sizeof message &&
            message.writer < kWriters && message.number == next[message.writer]++ &&
            message.filler[0] == 'a' + static_cast<int>(message.writer) &&
            message.filler[91] == message.filler[0];
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(right);
}

CASE(edges_levels_and_one_shots_of_bytes_ahead) {
  TcpPair pair;
  CHECK(set_nonblocking(pair.server));
  int edge = epoll_create1(0), level = epoll_create1(0), once = epoll_create1(0);
  epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {}};
  CHECK_EQ(epoll_ctl(edge, EPOLL_CTL_ADD, pair.server, &event), 0);
  event.events = EPOLLIN;
  CHECK_EQ(epoll_ctl(level, EPOLL_CTL_ADD, pair.server, &event), 0);
  event.events = EPOLLIN | EPOLLONESHOT;
  CHECK_EQ(epoll_ctl(once, EPOLL_CTL_ADD, pair.server, &event), 0);
  for (int i = 0; i < 3; i++) {
    CHECK_EQ(write(pair.client, "abcd", 4), 4);
    CHECK_EQ(epoll_wait(edge, &event, 1, 5000), 1);
    CHECK_EQ(epoll_wait(edge, &event, 1, 0), 0);  // told once
    CHECK_EQ(epoll_wait(level, &event, 1, 5000), 1);
    CHECK_EQ(epoll_wait(level, &event, 1, 0), 1);
    CHECK_EQ(epoll_wait(once, &event, 1, 100), i == 0 ? 1 : 0);
    CHECK(read_some(pair.server, 2) == "ab");
    CHECK_EQ(epoll_wait(edge, &event, 1, 0), 0);
    CHECK_EQ(epoll_wait(level, &event, 1, 0), 1);  // two bytes are left
    CHECK(read_some(pair.server, 2) == "cd");
    CHECK_EQ(epoll_wait(level, &event, 1, 0), 0);
  }
  event.events = EPOLLIN | EPOLLONESHOT;
  write(pair.client, "z", 1);
  CHECK_EQ(epoll_wait(level, &event, 1, 5000), 1);
  event.events = EPOLLIN | EPOLLONESHOT;
  CHECK_EQ(epoll_ctl(once, EPOLL_CTL_MOD, pair.server, &event), 0);
  CHECK_EQ(epoll_wait(once, &event, 1, 5000), 1);
  close(edge);
  close(level);
  close(once);
}

CASE(writable_is_no_news_while_it_stays_so) {
  TcpPair pair;
  int epoll = epoll_create1(0);
  epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {}};
  char byte;
  write(pair.server, "x", 1);
  CHECK_EQ(read(pair.client, &byte, 1), 1);
  CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.client, &event), 0);
  CHECK_EQ(epoll_wait(epoll, &event, 1, 1000), 1);
  CHECK_EQ(event.events, EPOLLOUT);
  for (int i = 0; i < 5; i++) {
    CHECK_EQ(write(pair.client, "small", 5), 5);
    CHECK_EQ(epoll_wait(epoll, &event, 1, 20), 0);
  }
  close(epoll);
}

CASE(a_thread_that_computes_does_not_keep_bytes_waiting) {
  TcpPair pair;
  std::atomic<bool> arrived{false};
  std::thread reader([&] {
    char text[8];
    recv(pair.server, text, 8, MSG_WAITALL);
    arrived = true;
  });
  std::thread writer([&] {
    support::sleep_ms(20);
    write(pair.client, "1234", 4);
    support::sleep_ms(20);
    write(pair.client, "5678", 4);
  });
  const int64_t limit = support::now_ms() + 10000;
  while (!arrived && support::now_ms() < limit) {
  }
  CHECK(arrived.load());
  reader.join();
  writer.join();
}

// More calls than travel with one crossing, to peers that take less than they are sent.
CASE(many_connections_with_several_pieces_each) {
  constexpr int kConnections = 150;
  constexpr size_t kPiece = 7000;
  std::vector<TcpPair> pairs(kConnections);
  std::vector<std::string> sent(kConnections), got(kConnections);
  int small = 4096;
  for (TcpPair& pair : pairs) {
    setsockopt(pair.client, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    CHECK(set_nonblocking(pair.client) && set_nonblocking(pair.server));
    char byte;
    read(pair.client, &byte, 1);
  }
  for (int round = 0; round < 6; round++) {
    for (int piece = 0; piece < 4; piece++)
      for (int i = 0; i < kConnections; i++) {
        const std::string data = pattern(kPiece, static_cast<unsigned>(i * 1000 + round * 10 + piece));
        const ssize_t n = write(pairs[static_cast<size_t>(i)].client, data.data(), data.size());
        if (n > 0) sent[static_cast<size_t>(i)].append(data, 0, static_cast<size_t>(n));
      }
    support::sleep_ms(2);
    static char buffer[5000];
    for (int i = 0; i < kConnections; i++) {
      const ssize_t n = read(pairs[static_cast<size_t>(i)].server, buffer, sizeof buffer);
      if (n > 0) got[static_cast<size_t>(i)].append(buffer, static_cast<size_t>(n));
    }
  }
  for (int i = 0; i < kConnections; i++) {
    TcpPair& pair = pairs[static_cast<size_t>(i)];
    fcntl(pair.server, F_SETFL, 0);
    pair.close_client();
    got[static_cast<size_t>(i)] += read_all(pair.server);
    CHECK_EQ(got[static_cast<size_t>(i)].size(), sent[static_cast<size_t>(i)].size());
    CHECK(got[static_cast<size_t>(i)] == sent[static_cast<size_t>(i)]);
  }
}
