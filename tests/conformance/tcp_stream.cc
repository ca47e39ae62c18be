// What a TCP socket does with bytes that wait on either side of it: back-pressure, ends, errors, files, several holders.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "sockets.h"
#include "support.h"

using sockets::Listener;
using sockets::TcpPair;

namespace {

constexpr size_t kPage = 4096;

std::string pattern(size_t size, unsigned seed = 0) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; i++) text[i] = static_cast<char>((i + seed) * 2654435761u >> 23);
  return text;
}

// Everything up to the end, or "error N".
std::string read_all(int fd) {
  std::string text;
  static thread_local char piece[30000];
  for (;;) {
    ssize_t n = recv(fd, piece, sizeof piece, 0);
    if (n < 0) return "error " + std::to_string(errno);
    if (n == 0) return text;
    text.append(piece, static_cast<size_t>(n));
  }
}

// Exactly `size` bytes, less at the end.
std::string read_some(int fd, size_t size) {
  std::string text(size, '\0');
  size_t done = 0;
  while (done < size) {
    ssize_t n = recv(fd, text.data() + done, size - done, 0);
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  text.resize(done);
  return text;
}

short ready(int fd, short events, int timeout = 0) {
  pollfd entry = {fd, events, 0};
  return poll(&entry, 1, timeout) == 1 ? entry.revents : 0;
}

bool set_nonblocking(int fd) { return fcntl(fd, F_SETFL, O_NONBLOCK) == 0; }

void time_out(int fd, int option, int ms) {
  timeval time = {ms / 1000, ms % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, option, &time, sizeof time);
}

// Writes until the socket takes no more; how much it took.
size_t fill(int fd) {
  static const std::string data = pattern(100000);
  size_t sum = 0;
  for (;;) {
    ssize_t n = write(fd, data.data(), data.size());
    if (n < 0) return sum;
    sum += static_cast<size_t>(n);
  }
}

std::atomic<int> g_pipe_signals{0};

}  // namespace

CASE(a_reader_that_does_not_read_stops_the_writer) {
  TcpPair pair;
  char byte;
  CHECK_EQ(write(pair.client, "x", 1), 1);
  CHECK_EQ(read(pair.server, &byte, 1), 1);  // whatever is received ahead has begun
  CHECK(set_nonblocking(pair.client));
  const size_t taken = fill(pair.client);
  CHECK_EQ(errno, EAGAIN);
  CHECK(taken < (64 << 20));
  CHECK_EQ(ready(pair.client, POLLOUT), 0);
  // A little read does not make room for the peer at once; all of it does.
  std::thread reader([&] { read_some(pair.server, taken); });
  CHECK_EQ(ready(pair.client, POLLOUT, 20000), POLLOUT);
  CHECK_EQ(write(pair.client, "y", 1), 1);
  reader.join();
  CHECK_EQ(read_some(pair.server, 1)[0], 'y');
}

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

CASE(receive_flags) {
  TcpPair pair;
  char text[16] = {};
  CHECK_ERRNO(recv(pair.server, text, 4, MSG_DONTWAIT), EAGAIN);
  CHECK_EQ(write(pair.client, "abcdefgh", 8), 8);
  CHECK_EQ(recv(pair.server, text, 3, MSG_PEEK), 3);
  CHECK_EQ(recv(pair.server, text, 3, MSG_PEEK), 3);
  CHECK(!memcmp(text, "abc", 3));
  CHECK_EQ(recv(pair.server, nullptr, 2, MSG_TRUNC), 2);  // tcp(7): discarded
  CHECK_EQ(recv(pair.server, text, 2, 0), 2);
  CHECK(!memcmp(text, "cd", 2));
  std::thread late([&] {
    support::settle();
    write(pair.client, "ijkl", 4);
  });
  CHECK_EQ(recv(pair.server, text, 8, MSG_WAITALL), 8);
  CHECK(!memcmp(text, "efghijkl", 8));
  late.join();
  // The end cuts MSG_WAITALL short.
  write(pair.client, "mn", 2);
  pair.close_client();
  CHECK_EQ(recv(pair.server, text, 8, MSG_WAITALL), 2);
  CHECK_EQ(recv(pair.server, text, 8, MSG_WAITALL), 0);
}

CASE(wait_all_discards_no_more_than_asked) {
  TcpPair pair;
  const std::string data = pattern(60000);
  std::thread writer([&] {
    write(pair.client, data.data(), 10000);
    support::settle();
    write(pair.client, data.data() + 10000, 50000);
  });
  CHECK_EQ(recv(pair.server, nullptr, 20000, MSG_WAITALL | MSG_TRUNC), 20000);
  writer.join();
  CHECK(read_some(pair.server, 40000) == data.substr(20000));
}

CASE(waiting_bytes_are_counted) {
  TcpPair pair;
  const std::string data = pattern(100000);
  CHECK_EQ(write(pair.client, data.data(), data.size()), data.size());
  int waiting = 0;
  for (int i = 0; i < 100 && waiting < 100000; i++) {
    support::sleep_ms(5);
    CHECK_EQ(ioctl(pair.server, FIONREAD, &waiting), 0);
  }
  CHECK_EQ(waiting, 100000);
  CHECK(read_some(pair.server, 1234) == data.substr(0, 1234));
  CHECK_EQ(ioctl(pair.server, FIONREAD, &waiting), 0);
  CHECK_EQ(waiting, 100000 - 1234);
  CHECK(read_some(pair.server, 98766) == data.substr(1234));
  CHECK_EQ(ioctl(pair.server, FIONREAD, &waiting), 0);
  CHECK_EQ(waiting, 0);
}

CASE(time_limits) {
  TcpPair pair;
  char byte;
  time_out(pair.server, SO_RCVTIMEO, 60);
  int64_t begin = support::now_ms();
  CHECK_ERRNO(recv(pair.server, &byte, 1, 0), EAGAIN);
  CHECK(support::now_ms() - begin >= 50);
  write(pair.client, "ab", 2);
  CHECK_EQ(recv(pair.server, &byte, 1, 0), 1);
  CHECK_EQ(recv(pair.server, &byte, 1, 0), 1);
  CHECK_ERRNO(recv(pair.server, &byte, 1, 0), EAGAIN);
  time_out(pair.client, SO_SNDTIMEO, 60);
  begin = support::now_ms();
  size_t sum = fill(pair.client);
  CHECK_EQ(errno, EAGAIN);
  CHECK(support::now_ms() - begin >= 50);
  CHECK(sum > 0);
}

CASE(files_are_sent_whole) {
  support::TemporaryDir dir;
  const std::string path = dir / "file", data = pattern(300000);
  for (size_t size : {1u, 1000u, 16384u, 65536u, 300000u}) {
    CHECK(support::put_file(path, data.substr(0, size)));
    for (int round = 0; round < 3; round++) {  // what was sent once may be remembered
      TcpPair pair;
      std::string got;
      std::thread reader([&] { got = read_all(pair.server); });
      int file = open(path.c_str(), O_RDONLY);
      off_t offset = 0;
      size_t sent = 0;
      while (sent < size) {
        ssize_t n = sendfile(pair.client, file, &offset, size + 500 - sent);  // more than there is
        CHECK(n > 0);
        sent += static_cast<size_t>(n);
      }
      CHECK_EQ(offset, size);
      CHECK_EQ(sendfile(pair.client, file, &offset, 500), 0);
      CHECK_EQ(lseek(file, 0, SEEK_CUR), 0);
      CHECK_EQ(sendfile(pair.client, file, nullptr, 1), 1);
      CHECK_EQ(lseek(file, 0, SEEK_CUR), 1);
      close(file);
      write(pair.client, "end", 3);
      pair.close_client();
      reader.join();
      CHECK_EQ(got.size(), size + 4);
      CHECK(got == data.substr(0, size) + data.substr(0, 1) + "end");
    }
  }
}

CASE(a_file_that_is_truncated_after_it_was_sent) {
  support::TemporaryDir dir;
  const std::string path = dir / "file", data = pattern(60000);
  CHECK(support::put_file(path, data));
  for (int i = 0; i < 20; i++) {
    CHECK(support::put_file(path, data));
    TcpPair pair;
    int file = open(path.c_str(), O_RDWR);
    off_t offset = 0;
    CHECK_EQ(sendfile(pair.client, file, &offset, data.size()), data.size());
    CHECK_EQ(ftruncate(file, 0), 0);
    close(file);
    pair.close_client();
    // Linux sends references to pages; what truncation makes of those not yet copied is zeros.
    CHECK_EQ(read_all(pair.server).size(), data.size());
  }
}

CASE(a_bad_buffer_leaves_the_stream_usable) {
  support::TemporaryDir dir;
  CHECK(support::put_file(dir / "file", "from the file"));
  TcpPair pair;
  char* bad = static_cast<char*>(mmap(nullptr, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  char byte;
  write(pair.server, "x", 1);
  CHECK_EQ(read(pair.client, &byte, 1), 1);
  CHECK_ERRNO(write(pair.client, bad, 100), EFAULT);
  int file = open((dir / "file").c_str(), O_RDONLY);
  CHECK_EQ(sendfile(pair.client, file, nullptr, 13), 13);
  close(file);
  time_out(pair.server, SO_RCVTIMEO, 5000);
  CHECK(read_some(pair.server, 13) == "from the file");
  CHECK_ERRNO(write(pair.client, bad, 100), EFAULT);
  CHECK_EQ(write(pair.client, "after", 5), 5);
  CHECK(read_some(pair.server, 5) == "after");
  // Receiving where nothing can be put leaves the bytes.
  write(pair.client, "kept", 4);
  CHECK(ready(pair.server, POLLIN, 5000) & POLLIN);
  CHECK_ERRNO(read(pair.server, bad, 4), EFAULT);
  CHECK(read_some(pair.server, 4) == "kept");
  munmap(bad, kPage);
}

CASE(pages_of_files_never_touched_before) {
  support::TemporaryDir dir;
  const std::string path = dir / "file", data = pattern(10 * kPage + 100);
  CHECK(support::put_file(path, data));
  for (int flags : {MAP_PRIVATE, MAP_SHARED}) {
    for (int round = 0; round < 3; round++) {
      TcpPair pair;
      int file = open(path.c_str(), O_RDWR);
      char* map = static_cast<char*>(mmap(nullptr, 12 * kPage, PROT_READ | PROT_WRITE, flags, file, 0));
      CHECK(map != MAP_FAILED);
      close(file);
      // Whole pages, an unaligned part, the end, and one page that the program has changed.
      map[5 * kPage + 1] = '!';
      iovec pieces[] = {
          {map, 2 * kPage}, {map + 3 * kPage - 7, 2000}, {map + 5 * kPage, 10}, {map + 10 * kPage, 100}};
      const size_t total = 2 * kPage + 2000 + 10 + 100;
      CHECK_EQ(writev(pair.client, pieces, 4), total);
      std::string expected = data.substr(0, 2 * kPage) + data.substr(3 * kPage - 7, 2000) +
                             data.substr(5 * kPage, 10) + data.substr(10 * kPage, 100);
      expected[2 * kPage + 2000 + 1] = '!';
      CHECK(read_some(pair.server, total) == expected);
      // Behind the end: zeros up to the page's end, then nothing.
      CHECK_EQ(write(pair.client, map + 10 * kPage + 50, 1000), 1000);
      CHECK(read_some(pair.server, 1000) == data.substr(10 * kPage + 50) + std::string(950, '\0'));
      CHECK_ERRNO(write(pair.client, map + 11 * kPage, 1000), EFAULT);
      map[5 * kPage + 1] = data[5 * kPage + 1];
      munmap(map, 12 * kPage);
    }
  }
}

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
