// flock and record locks within one process: open file descriptions conflict, a process with itself does not.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <thread>

#include "check.h"
#include "support.h"

using support::put_file;
using support::TemporaryDir;

CASE(flock_between_descriptions) {
  TemporaryDir dir;
  put_file(dir / "file", "");
  int one = open((dir / "file").c_str(), O_RDWR), two = open((dir / "file").c_str(), O_RDWR);
  CHECK_EQ(flock(one, LOCK_SH | LOCK_NB), 0);
  CHECK_EQ(flock(two, LOCK_SH | LOCK_NB), 0);
  CHECK_ERRNO(flock(two, LOCK_EX | LOCK_NB), EWOULDBLOCK);
  CHECK_EQ(flock(one, LOCK_UN), 0);
  CHECK_EQ(flock(two, LOCK_EX | LOCK_NB), 0);
  CHECK_ERRNO(flock(two, 16), EINVAL);
  close(one);
  close(two);
}

CASE(blocking_flock_waits_and_others_run) {
  TemporaryDir dir;
  put_file(dir / "file", "");
  int one = open((dir / "file").c_str(), O_RDWR), two = open((dir / "file").c_str(), O_RDWR);
  CHECK_EQ(flock(one, LOCK_EX), 0);
  int64_t waited = 0;
  std::thread waiter([&] {
    int64_t start = support::now_ms();
    flock(two, LOCK_EX);
    waited = support::now_ms() - start;
  });
  support::sleep_ms(100);
  CHECK_EQ(flock(one, LOCK_UN), 0);
  waiter.join();
  CHECK(waited >= 50);
  close(one);
  close(two);
}

CASE(record_locks_of_one_process_do_not_conflict) {
  TemporaryDir dir;
  put_file(dir / "file", "0123456789");
  int one = open((dir / "file").c_str(), O_RDWR), two = open((dir / "file").c_str(), O_RDWR);
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_len = 5;
  CHECK_EQ(fcntl(one, F_SETLK, &range), 0);
  CHECK_EQ(fcntl(two, F_SETLK, &range), 0);
  CHECK_EQ(fcntl(two, F_GETLK, &range), 0);
  CHECK_EQ(range.l_type, F_UNLCK);
  close(one);
  close(two);
}

CASE(description_locks_conflict) {
  TemporaryDir dir;
  put_file(dir / "file", "0123456789");
  int one = open((dir / "file").c_str(), O_RDWR), two = open((dir / "file").c_str(), O_RDWR);
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_len = 5;
  CHECK_EQ(fcntl(one, F_OFD_SETLK, &range), 0);
  CHECK_ERRNO(fcntl(two, F_OFD_SETLK, &range), EAGAIN);
  CHECK_EQ(fcntl(two, F_OFD_GETLK, &range), 0);
  CHECK_EQ(range.l_type, F_WRLCK);
  CHECK_EQ(range.l_len, 5);
  range.l_start = 5;
  range.l_pid = 0;
  CHECK_EQ(fcntl(two, F_OFD_SETLK, &range), 0);
  close(one);
  close(two);
}
