// Descriptors: duplicates, flags, limits, the lowest free number.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include "check.h"
#include "support.h"

using support::put_file;
using support::TemporaryDir;

CASE(lowest_free_number) {
  int first = open("/dev/null", O_RDONLY);
  int second = open("/dev/null", O_RDONLY);
  int third = open("/dev/null", O_RDONLY);
  CHECK_EQ(second, first + 1);
  CHECK_EQ(third, first + 2);
  close(second);
  CHECK_EQ(open("/dev/null", O_RDONLY), second);
  int pipes[2];
  close(first);
  CHECK_EQ(pipe(pipes), 0);
  CHECK_EQ(pipes[0], first);
  close(pipes[0]);
  close(pipes[1]);
  close(second);
  close(third);
}

CASE(duplicates_share_the_offset) {
  TemporaryDir dir;
  put_file(dir / "file", "0123456789");
  int fd = open((dir / "file").c_str(), O_RDONLY);
  int copy = dup(fd);
  CHECK(copy > fd);
  CHECK_EQ(lseek(fd, 4, SEEK_SET), 4);
  char byte = 0;
  CHECK_EQ(read(copy, &byte, 1), 1);
  CHECK_EQ(byte, '4');
  CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
  close(fd);
  CHECK_EQ(read(copy, &byte, 1), 1);
  close(copy);
}

CASE(dup2_and_dup3) {
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK_EQ(dup2(fd, 50), 50);
  CHECK_EQ(fcntl(50, F_GETFD), 0);
  CHECK_EQ(dup2(fd, fd), fd);
  CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  CHECK_ERRNO(dup3(fd, fd, 0), EINVAL);
  CHECK_EQ(dup3(fd, 51, O_CLOEXEC), 51);
  CHECK_EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
  CHECK_ERRNO(dup2(60, 61), EBADF);
  CHECK_ERRNO(dup2(60, 60), EBADF);
  CHECK_ERRNO(dup2(fd, -1), EBADF);
  CHECK_ERRNO(dup(-1), EBADF);
  close(fd);
  close(50);
  close(51);
}

CASE(dup2_closes_the_target) {
  int pipes[2];
  CHECK_EQ(pipe(pipes), 0);
  int null = open("/dev/null", O_RDONLY);
  CHECK_EQ(dup2(null, pipes[1]), pipes[1]);
  char byte;
  CHECK_EQ(read(pipes[0], &byte, 1), 0);
  close(null);
  close(pipes[0]);
  close(pipes[1]);
}

CASE(fcntl_duplicates_above) {
  int fd = open("/dev/null", O_RDONLY);
  int copy = fcntl(fd, F_DUPFD, 40);
  CHECK(copy >= 40);
  int cloexec = fcntl(fd, F_DUPFD_CLOEXEC, 40);
  CHECK(cloexec > copy);
  CHECK_EQ(fcntl(cloexec, F_GETFD), FD_CLOEXEC);
  CHECK_EQ(fcntl(copy, F_GETFD), 0);
  CHECK_ERRNO(fcntl(fd, F_DUPFD, -1), EINVAL);
  CHECK_ERRNO(fcntl(fd, 9999), EINVAL);
  CHECK_ERRNO(fcntl(1000, F_GETFD), EBADF);
  close(fd);
  close(copy);
  close(cloexec);
}

CASE(status_flags) {
  TemporaryDir dir;
  int fd = open((dir / "file").c_str(), O_RDWR | O_CREAT | O_APPEND, 0600);
  CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_APPEND);
  CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_NONBLOCK);
  CHECK_EQ(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
  CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  int copy = dup(fd);
  CHECK_EQ(fcntl(copy, F_GETFD), 0);
  CHECK(fcntl(copy, F_GETFL) & O_NONBLOCK);
  close(fd);
  close(copy);
}

CASE(nonblocking_by_ioctl) {
  int pipes[2];
  CHECK_EQ(pipe(pipes), 0);
  int on = 1, count = -1;
  CHECK_EQ(ioctl(pipes[0], FIONBIO, &on), 0);
  char byte;
  CHECK_ERRNO(read(pipes[0], &byte, 1), EAGAIN);
  CHECK_EQ(write(pipes[1], "abc", 3), 3);
  CHECK_EQ(ioctl(pipes[0], FIONREAD, &count), 0);
  CHECK_EQ(count, 3);
  CHECK_EQ(ioctl(pipes[0], FIOCLEX), 0);
  CHECK_EQ(fcntl(pipes[0], F_GETFD), FD_CLOEXEC);
  CHECK_ERRNO(ioctl(pipes[0], TIOCGWINSZ, &count), ENOTTY);
  close(pipes[0]);
  close(pipes[1]);
}

CASE(close_range_closes_a_range) {
  int null = open("/dev/null", O_RDONLY);
  for (int fd = 70; fd < 80; fd++) CHECK_EQ(dup2(null, fd), fd);
  CHECK_EQ(close_range(72, 75, 0), 0);
  for (int fd = 70; fd < 80; fd++) CHECK_EQ(fcntl(fd, F_GETFD) == 0, fd < 72 || fd > 75);
  CHECK_EQ(close_range(76, 79, CLOSE_RANGE_CLOEXEC), 0);
  CHECK_EQ(fcntl(77, F_GETFD), FD_CLOEXEC);
  CHECK_ERRNO(close_range(10, 5, 0), EINVAL);
  CHECK_EQ(close_range(70, 79, 0), 0);
  CHECK_ERRNO(fcntl(70, F_GETFD), EBADF);
  close(null);
}

CASE(limit_of_open_files) {
  rlimit before, lower;
  CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  lower = before;
  lower.rlim_cur = 32;
  CHECK_EQ(setrlimit(RLIMIT_NOFILE, &lower), 0);
  std::vector<int> fds;
  int fd;
  while ((fd = open("/dev/null", O_RDONLY)) >= 0) fds.push_back(fd);
  int error = errno;
  bool copied = dup2(fds[0], 31) == 31, beyond = dup2(fds[0], 32) == -1 && errno == EBADF;
  setrlimit(RLIMIT_NOFILE, &before);
  for (int open_fd : fds) close(open_fd);
  CHECK_EQ(error, EMFILE);
  CHECK(fds.back() == 31 && copied && beyond);
}

CASE(six_hundred_open_at_once) {
  std::vector<int> fds;
  for (int i = 0; i < 600; i++) {
    fds.push_back(open("/dev/null", O_RDONLY));
    CHECK(fds.back() >= 0);
  }
  for (int fd : fds) CHECK_EQ(close(fd), 0);
}
