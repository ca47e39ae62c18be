// Named pipes: opening waits for the other side.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

using support::TemporaryDir;

CASE(open_waits_for_the_other_side) {
  TemporaryDir dir;
  std::string path = dir / "fifo";
  CHECK_EQ(mkfifo(path.c_str(), 0600), 0);
  std::atomic<int> opened = -1;
  std::thread reader([&] { opened = open(path.c_str(), O_RDONLY); });
  support::settle();
  CHECK_EQ(opened.load(), -1);
  int out = open(path.c_str(), O_WRONLY);
  reader.join();
  CHECK(opened >= 0);
  CHECK_EQ(write(out, "hello", 5), 5);
  char buffer[8];
  CHECK_EQ(read(opened, buffer, 8), 5);
  close(out);
  CHECK_EQ(read(opened, buffer, 8), 0);
  close(opened);
}

CASE(nonblocking_open) {
  TemporaryDir dir;
  std::string path = dir / "fifo";
  CHECK_EQ(mkfifo(path.c_str(), 0600), 0);
  CHECK_ERRNO(open(path.c_str(), O_WRONLY | O_NONBLOCK), ENXIO);
  int in = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  CHECK(in >= 0);
  char byte;
  CHECK_EQ(read(in, &byte, 1), 0);
  int out = open(path.c_str(), O_WRONLY | O_NONBLOCK);
  CHECK(out >= 0);
  CHECK_ERRNO(read(in, &byte, 1), EAGAIN);
  CHECK_EQ(write(out, "x", 1), 1);
  CHECK_EQ(read(in, &byte, 1), 1);
  close(in);
  close(out);
}

CASE(read_blocks_while_a_writer_is_there) {
  TemporaryDir dir;
  std::string path = dir / "fifo";
  CHECK_EQ(mkfifo(path.c_str(), 0600), 0);
  int both = open(path.c_str(), O_RDWR);
  std::atomic<ssize_t> got = -2;
  std::thread reader([&] {
    char byte;
    got = read(both, &byte, 1);
  });
  support::settle();
  CHECK_EQ(got.load(), -2);
  CHECK_EQ(write(both, "x", 1), 1);
  reader.join();
  CHECK_EQ(got.load(), 1);
  close(both);
}
