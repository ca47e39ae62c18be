// What one thread has done to files, another sees at once: whatever is remembered of them must be forgotten in time.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

namespace {

constexpr int kRounds = 100;

// Two threads take turns by a counter in memory, without anything that concerns files between them.
struct Turns {
  std::atomic<int> changed{0}, seen{0};
  static void wait(std::atomic<int>& counter, int value) {
    for (int now; (now = counter.load()) < value;) counter.wait(now);
  }
  static void set(std::atomic<int>& counter, int value) {
    counter = value;
    counter.notify_all();
  }
};

// Keeps others' calls coming, so that crossings carry many things.
struct Noise {
  explicit Noise(const std::string& path)
      : thread([this, path] {
          struct stat status;
          while (!stop) {
            int fd = open(path.c_str(), O_RDONLY);
            char text[64];
            read(fd, text, sizeof text);
            fstat(fd, &status);
            close(fd);
            stat(path.c_str(), &status);
          }
        }) {}
  ~Noise() {
    stop = true;
    thread.join();
  }
  std::atomic<bool> stop{false};
  std::thread thread;
};

template <typename Change, typename Look>
void take_turns(const std::string& path, Change change, Look look, int& wrong) {
  Noise noise(path);
  Turns turns;
  std::thread changer([&] {
    for (int i = 1; i <= kRounds; i++) {
      Turns::wait(turns.seen, i - 1);
      change(i);
      Turns::set(turns.changed, i);
    }
  });
  for (int i = 1; i <= kRounds; i++) {
    Turns::wait(turns.changed, i);
    wrong += !look(i);
    Turns::set(turns.seen, i);
  }
  changer.join();
}

std::string text_of(int i) { return "content " + std::to_string(i); }

}  // namespace

CASE(contents_and_size) {
  support::TemporaryDir dir;
  const std::string path = dir / "file";
  support::put_file(path, "first");
  int wrong = 0;
  take_turns(
      path,
      [&](int i) { support::put_file(path, text_of(i) + std::string(static_cast<size_t>(i % 7), '.')); },
      [&](int i) {
        struct stat status;
        const std::string expected = text_of(i) + std::string(static_cast<size_t>(i % 7), '.');
        return support::get_file(path) == expected && stat(path.c_str(), &status) == 0 &&
               status.st_size == static_cast<off_t>(expected.size());
      },
      wrong);
  CHECK_EQ(wrong, 0);
}

CASE(another_file_of_the_same_name) {
  support::TemporaryDir dir;
  const std::string path = dir / "file", other = dir / "other";
  support::put_file(path, "first");
  int wrong = 0;
  take_turns(
      path,
      [&](int i) {
        support::put_file(other, text_of(i));
        rename(other.c_str(), path.c_str());
      },
      [&](int i) { return support::get_file(path) == text_of(i); }, wrong);
  CHECK_EQ(wrong, 0);
}

CASE(a_link_that_points_elsewhere) {
  support::TemporaryDir dir;
  const std::string path = dir / "link", fresh = dir / "fresh", a = dir / "a", b = dir / "b";
  support::put_file(a, "a");
  support::put_file(b, "b");
  symlink("a", path.c_str());
  int wrong = 0;
  take_turns(
      path,
      [&](int i) {
        symlink(i % 2 ? "b" : "a", fresh.c_str());
        rename(fresh.c_str(), path.c_str());
      },
      [&](int i) { return support::get_file(path) == (i % 2 ? "b" : "a"); }, wrong);
  CHECK_EQ(wrong, 0);
}

CASE(mode_and_existence) {
  support::TemporaryDir dir;
  const std::string path = dir / "file";
  support::put_file(path, "x");
  int wrong = 0;
  take_turns(
      path,
      [&](int i) {
        if (i % 4 == 0)
          unlink(path.c_str());
        else if (i % 4 == 1)
          support::put_file(path, "x");
        chmod(path.c_str(), i % 2 ? 0600 : 0640);
      },
      [&](int i) {
        struct stat status;
        const bool there = stat(path.c_str(), &status) == 0;
        return there == (i % 4 != 0) && (!there || (status.st_mode & 0777) == (i % 2 ? 0600u : 0640u));
      },
      wrong);
  CHECK_EQ(wrong, 0);
}

CASE(an_open_file_that_changes) {
  support::TemporaryDir dir;
  const std::string path = dir / "file";
  support::put_file(path, "................");
  int wrong = 0;
  int fd = open(path.c_str(), O_RDONLY), writer = open(path.c_str(), O_RDWR);
  take_turns(
      path, [&](int i) { pwrite(writer, text_of(i).data(), text_of(i).size(), 0); },
      [&](int i) {
        char text[64] = {};
        pread(fd, text, text_of(i).size(), 0);
        char* map = static_cast<char*>(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
        const bool mapped = !memcmp(map, text_of(i).data(), text_of(i).size());
        munmap(map, 4096);
        return text_of(i) == text && mapped;
      },
      wrong);
  CHECK_EQ(wrong, 0);
  close(fd);
  close(writer);
}

CASE(locks_belong_to_each_open) {
  support::TemporaryDir dir;
  const std::string path = dir / "file";
  support::put_file(path, "x");
  for (int i = 0; i < 50; i++) {
    int a = open(path.c_str(), O_RDONLY), b = open(path.c_str(), O_RDONLY);
    CHECK_EQ(flock(a, LOCK_EX | LOCK_NB), 0);
    CHECK_ERRNO(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    CHECK_EQ(flock(a, LOCK_UN), 0);
    CHECK_EQ(flock(b, LOCK_SH | LOCK_NB), 0);
    struct flock range = {};
    range.l_type = F_RDLCK;
    range.l_whence = SEEK_SET;
    CHECK_EQ(fcntl(a, F_OFD_SETLK, &range), 0);
    int c = open(path.c_str(), O_RDWR);
    range.l_type = F_WRLCK;
    CHECK_ERRNO(fcntl(c, F_OFD_SETLK, &range), EAGAIN);
    close(a);
    CHECK_EQ(fcntl(c, F_OFD_SETLK, &range), 0);
    close(b);
    close(c);
  }
}

CASE(each_open_has_its_own_position_and_flags) {
  support::TemporaryDir dir;
  const std::string path = dir / "file";
  support::put_file(path, "0123456789");
  for (int i = 0; i < 20; i++) {
    int a = open(path.c_str(), O_RDONLY), b = open(path.c_str(), O_RDONLY);
    char text[4] = {};
    CHECK_EQ(read(a, text, 3), 3);
    CHECK_EQ(read(b, text, 3), 3);
    CHECK(!memcmp(text, "012", 3));
    CHECK_EQ(fcntl(a, F_SETFL, O_NONBLOCK), 0);
    CHECK(!(fcntl(b, F_GETFL) & O_NONBLOCK));
    close(a);
    CHECK_EQ(read(b, text, 3), 3);
    CHECK(!memcmp(text, "345", 3));
    close(b);
  }
}

CASE(looking_leaves_the_access_time) {
  support::TemporaryDir dir;
  const std::string path = dir / "file";
  support::put_file(path, "x");
  const timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
  CHECK_EQ(utimensat(AT_FDCWD, path.c_str(), old, 0), 0);
  struct stat status;
  for (int i = 0; i < 3; i++) {
    int fd = open(path.c_str(), O_RDONLY);
    CHECK(fd >= 0);
    CHECK_EQ(fstat(fd, &status), 0);
    close(fd);
  }
  CHECK_EQ(stat(path.c_str(), &status), 0);
  CHECK_EQ(status.st_atim.tv_sec, 1000000000);
}
