// Pipes.
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <utility>

#include "check.h"
#include "support.h"

namespace {

struct Pipe {
  explicit Pipe(int flags = 0) {
    if (pipe2(ends, flags)) perror("pipe2");
  }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  int in() const { return ends[0]; }
  int out() const { return ends[1]; }
  void close_out() { close(std::exchange(ends[1], -1)); }
  void close_in() { close(std::exchange(ends[0], -1)); }
  int ends[2];
};

}  // namespace

CASE(bytes_in_order) {
  Pipe pipe;
  CHECK_EQ(write(pipe.out(), "abc", 3), 3);
  CHECK_EQ(write(pipe.out(), "def", 3), 3);
  char buffer[16];
  CHECK_EQ(read(pipe.in(), buffer, 4), 4);
  CHECK_EQ(memcmp(buffer, "abcd", 4), 0);
  CHECK_EQ(read(pipe.in(), buffer, 16), 2);
}

CASE(end_of_file_when_the_writer_closes) {
  Pipe pipe;
  CHECK_EQ(write(pipe.out(), "x", 1), 1);
  pipe.close_out();
  char byte;
  CHECK_EQ(read(pipe.in(), &byte, 1), 1);
  CHECK_EQ(read(pipe.in(), &byte, 1), 0);
}

CASE(blocked_reader_is_woken_by_data_and_by_the_end) {
  Pipe pipe;
  std::atomic<ssize_t> first = -2, second = -2;
  std::thread reader([&] {
    char byte;
    first = read(pipe.in(), &byte, 1);
    second = read(pipe.in(), &byte, 1);
  });
  support::settle();
  CHECK_EQ(first.load(), -2);
  CHECK_EQ(write(pipe.out(), "x", 1), 1);
  support::settle();
  CHECK_EQ(first.load(), 1);
  CHECK_EQ(second.load(), -2);
  pipe.close_out();
  reader.join();
  CHECK_EQ(second.load(), 0);
}

CASE(write_without_reader_is_epipe_and_sigpipe) {
  static volatile sig_atomic_t signals;
  signals = 0;
  signal(SIGPIPE, [](int) { signals = signals + 1; });
  Pipe pipe;
  pipe.close_in();
  CHECK_ERRNO(write(pipe.out(), "x", 1), EPIPE);
  CHECK_EQ(signals, 1);
  signal(SIGPIPE, SIG_IGN);
  CHECK_ERRNO(write(pipe.out(), "x", 1), EPIPE);
  CHECK_EQ(signals, 1);
  signal(SIGPIPE, SIG_DFL);
}

CASE(nonblocking_ends) {
  Pipe pipe(O_NONBLOCK);
  char buffer[PIPE_BUF] = {};
  CHECK_ERRNO(read(pipe.in(), buffer, 1), EAGAIN);
  size_t total = 0;
  ssize_t n;
  while ((n = write(pipe.out(), buffer, sizeof buffer)) > 0) total += static_cast<size_t>(n);
  CHECK_EQ(errno, EAGAIN);
  CHECK_EQ(total, 65536);
  CHECK_EQ(fcntl(pipe.out(), F_GETPIPE_SZ), 65536);
  size_t drained = 0;
  while ((n = read(pipe.in(), buffer, sizeof buffer)) > 0) drained += static_cast<size_t>(n);
  CHECK_EQ(drained, total);
}

CASE(blocked_writer_goes_on_when_there_is_room) {
  Pipe pipe;
  std::string data(1 << 20, 'w');
  std::atomic<ssize_t> written = -1;
  std::thread writer([&] { written = write(pipe.out(), data.data(), data.size()); });
  support::settle();
  CHECK_EQ(written.load(), -1);
  std::string back;
  char buffer[10000];
  while (back.size() < data.size()) {
    ssize_t n = read(pipe.in(), buffer, sizeof buffer);
    CHECK(n > 0);
    back.append(buffer, static_cast<size_t>(n));
  }
  writer.join();
  CHECK_EQ(written.load(), data.size());
  CHECK(back == data);
}

CASE(small_writes_are_atomic) {
  Pipe pipe;
  std::atomic<bool> mixed = false;
  std::thread writers[4];
  for (int w = 0; w < 4; w++)
    writers[w] = std::thread([&, w] {
      char record[64];
      memset(record, 'a' + w, sizeof record);
      for (int i = 0; i < 500; i++) (void)!write(pipe.out(), record, sizeof record);
    });
  for (int i = 0; i < 2000; i++) {
    char record[64];
    size_t have = 0;
    while (have < sizeof record) {
      ssize_t n = read(pipe.in(), record + have, sizeof record - have);
      CHECK(n > 0);
      have += static_cast<size_t>(n);
    }
    for (char byte : record) mixed = mixed || byte != record[0];
  }
  for (auto& writer : writers) writer.join();
  CHECK(!mixed);
}

CASE(ping_pong_between_threads) {
  Pipe there, back;
  std::thread echo([&] {
    char byte;
    while (read(there.in(), &byte, 1) == 1) (void)!write(back.out(), &byte, 1);
  });
  for (int i = 0; i < 5000; i++) {
    char byte = static_cast<char>(i), answer;
    CHECK_EQ(write(there.out(), &byte, 1), 1);
    CHECK_EQ(read(back.in(), &answer, 1), 1);
    CHECK_EQ(answer, byte);
  }
  there.close_out();
  echo.join();
}

CASE(flags_and_errors) {
  Pipe pipe(O_CLOEXEC | O_NONBLOCK);
  CHECK_EQ(fcntl(pipe.in(), F_GETFD), FD_CLOEXEC);
  CHECK(fcntl(pipe.in(), F_GETFL) & O_NONBLOCK);
  CHECK_EQ(fcntl(pipe.in(), F_GETFL) & O_ACCMODE, O_RDONLY);
  CHECK_EQ(fcntl(pipe.out(), F_GETFL) & O_ACCMODE, O_WRONLY);
  CHECK_ERRNO(write(pipe.in(), "x", 1), EBADF);
  char byte;
  CHECK_ERRNO(read(pipe.out(), &byte, 1), EBADF);
  int ends[2];
  CHECK_ERRNO(pipe2(ends, 0x40000000), EINVAL);
  CHECK_ERRNO(pipe2(reinterpret_cast<int*>(8), 0), EFAULT);
}

CASE(size_can_be_changed) {
  Pipe pipe(O_NONBLOCK);
  CHECK_EQ(fcntl(pipe.out(), F_SETPIPE_SZ, 4096), 4096);
  char page[4096] = {};
  CHECK_EQ(write(pipe.out(), page, 4096), 4096);
  CHECK_ERRNO(write(pipe.out(), page, 1), EAGAIN);
}
