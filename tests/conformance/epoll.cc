// epoll over objects of the process: pipes and eventfds.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {

struct Epoll {
  Epoll() : fd(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Epoll() { close(fd); }
  int add(int target, uint32_t events, uint64_t data = 0) { return control(EPOLL_CTL_ADD, target, events, data); }
  int control(int operation, int target, uint32_t events, uint64_t data = 0) {
    epoll_event event = {events, {.u64 = data}};
    return epoll_ctl(fd, operation, target, &event);
  }
  // The number of events; the first is kept in `event`.
  int wait(int timeout_ms = 0) { return epoll_wait(fd, &event, 1, timeout_ms); }
  int fd;
  epoll_event event = {};
};

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_NONBLOCK)) perror("pipe2");
  }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  void put(const char* text) { (void)!write(ends[1], text, strlen(text)); }
  char take() {
    char byte = 0;
    (void)!read(ends[0], &byte, 1);
    return byte;
  }
  int ends[2];
};

}  // namespace

CASE(level_triggered) {
  Epoll epoll;
  Pipe pipe;
  CHECK_EQ(epoll.add(pipe.ends[0], EPOLLIN, 7), 0);
  CHECK_EQ(epoll.wait(), 0);
  pipe.put("ab");
  CHECK_EQ(epoll.wait(), 1);
  CHECK_EQ(epoll.event.events, EPOLLIN);
  CHECK_EQ(epoll.event.data.u64, 7);
  CHECK_EQ(epoll.wait(), 1);
  pipe.take();
  CHECK_EQ(epoll.wait(), 1);
  pipe.take();
  CHECK_EQ(epoll.wait(), 0);
}

CASE(edge_triggered) {
  Epoll epoll;
  Pipe pipe;
  CHECK_EQ(epoll.add(pipe.ends[0], EPOLLIN | EPOLLET), 0);
  pipe.put("a");
  CHECK_EQ(epoll.wait(), 1);
  CHECK_EQ(epoll.wait(), 0);
  pipe.put("b");
  CHECK_EQ(epoll.wait(), 1);
  CHECK_EQ(epoll.wait(), 0);
  pipe.take();
  CHECK_EQ(epoll.wait(), 0);
}

CASE(edge_is_there_if_ready_when_added) {
  Epoll epoll;
  Pipe pipe;
  pipe.put("a");
  CHECK_EQ(epoll.add(pipe.ends[0], EPOLLIN | EPOLLET), 0);
  CHECK_EQ(epoll.wait(), 1);
  CHECK_EQ(epoll.wait(), 0);
  CHECK_EQ(epoll.control(EPOLL_CTL_MOD, pipe.ends[0], EPOLLIN | EPOLLET), 0);
  CHECK_EQ(epoll.wait(), 1);
}

CASE(one_shot) {
  Epoll epoll;
  Pipe pipe;
  CHECK_EQ(epoll.add(pipe.ends[0], EPOLLIN | EPOLLONESHOT), 0);
  pipe.put("a");
  CHECK_EQ(epoll.wait(), 1);
  pipe.put("b");
  CHECK_EQ(epoll.wait(), 0);
  CHECK_EQ(epoll.control(EPOLL_CTL_MOD, pipe.ends[0], EPOLLIN | EPOLLONESHOT), 0);
  CHECK_EQ(epoll.wait(), 1);
  CHECK_EQ(epoll.wait(), 0);
}

CASE(hang_up_and_error) {
  Epoll epoll;
  Pipe pipe;
  CHECK_EQ(epoll.add(pipe.ends[0], 0), 0);
  CHECK_EQ(epoll.add(pipe.ends[1], EPOLLOUT | EPOLLET, 2), 0);
  CHECK_EQ(epoll.wait(), 1);
  CHECK_EQ(epoll.event.events, EPOLLOUT);
  int in = pipe.ends[0];
  pipe.ends[0] = -1;
  close(in);
  CHECK_EQ(epoll.wait(), 1);
  CHECK_EQ(epoll.event.data.u64, 2);
  CHECK_EQ(epoll.event.events, EPOLLOUT | EPOLLERR);
  Pipe other;
  CHECK_EQ(epoll.control(EPOLL_CTL_DEL, pipe.ends[1], 0), 0);
  CHECK_EQ(epoll.add(other.ends[0], EPOLLIN, 3), 0);
  close(other.ends[1]);
  other.ends[1] = -1;
  CHECK_EQ(epoll.wait(), 1);
  CHECK_EQ(epoll.event.events, EPOLLHUP);
}

CASE(write_space) {
  Epoll epoll;
  Pipe pipe;
  CHECK_EQ(epoll.add(pipe.ends[1], EPOLLOUT), 0);
  CHECK_EQ(epoll.wait(), 1);
  std::string fill(65536, 'x');
  CHECK_EQ(write(pipe.ends[1], fill.data(), fill.size()), 65536);
  CHECK_EQ(epoll.wait(), 0);
  CHECK_EQ(read(pipe.ends[0], fill.data(), fill.size()), 65536);
  CHECK_EQ(epoll.wait(), 1);
}

CASE(timeout_is_kept) {
  Epoll epoll;
  int64_t start = support::now_ms();
  CHECK_EQ(epoll.wait(80), 0);
  int64_t took = support::now_ms() - start;
  CHECK(took >= 79 && took < 3000);
}

CASE(waiter_is_woken_by_another_thread) {
  Epoll epoll;
  Pipe pipe;
  epoll.add(pipe.ends[0], EPOLLIN);
  std::thread other([&] {
    support::settle();
    pipe.put("x");
  });
  CHECK_EQ(epoll.wait(10000), 1);
  other.join();
}

CASE(added_while_another_thread_waits) {
  Epoll epoll;
  Pipe pipe;
  pipe.put("x");
  std::thread other([&] {
    support::settle();
    epoll.add(pipe.ends[0], EPOLLIN);
  });
  CHECK_EQ(epoll.wait(10000), 1);
  other.join();
}

CASE(one_event_wakes_one_edge_triggered_waiter) {
  Epoll epoll;
  int event = eventfd(0, EFD_NONBLOCK);
  epoll.add(event, EPOLLIN | EPOLLET);
  std::atomic<int> woken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back([&] {
      epoll_event got;
      if (epoll_wait(epoll.fd, &got, 1, 300) == 1) woken++;
    });
  support::settle();
  eventfd_write(event, 1);
  for (auto& thread : threads) thread.join();
  CHECK_EQ(woken.load(), 1);
  close(event);
}

CASE(hundreds_of_descriptors_come_round_robin) {
  Epoll epoll;
  std::vector<int> events;
  for (uint64_t i = 0; i < 300; i++) {
    events.push_back(eventfd(1, EFD_NONBLOCK));
    CHECK_EQ(epoll.add(events.back(), EPOLLIN, i), 0);
  }
  std::vector<int> seen(300);
  for (int round = 0; round < 30; round++) {
    epoll_event got[10];
    CHECK_EQ(epoll_wait(epoll.fd, got, 10, 0), 10);
    for (auto& one : got) seen[one.data.u64]++;
  }
  for (int count : seen) CHECK_EQ(count, 1);
  for (int fd : events) close(fd);
  CHECK_EQ(epoll.wait(), 0);
}

CASE(closing_takes_it_out_unless_duplicated) {
  Epoll epoll;
  int event = eventfd(1, EFD_NONBLOCK);
  epoll.add(event, EPOLLIN);
  int copy = dup(event);
  close(event);
  CHECK_EQ(epoll.wait(), 1);
  close(copy);
  CHECK_EQ(epoll.wait(), 0);
}

CASE(epoll_within_epoll) {
  Epoll inner, outer;
  Pipe pipe;
  CHECK_EQ(inner.add(pipe.ends[0], EPOLLIN), 0);
  CHECK_EQ(outer.add(inner.fd, EPOLLIN, 5), 0);
  CHECK_EQ(outer.wait(), 0);
  pipe.put("x");
  CHECK_EQ(outer.wait(1000), 1);
  CHECK_EQ(outer.event.data.u64, 5);
  pollfd poll_fd = {inner.fd, POLLIN, 0};
  CHECK_EQ(poll(&poll_fd, 1, 0), 1);
  CHECK_ERRNO(inner.add(inner.fd, EPOLLIN), EINVAL);
  CHECK_ERRNO(inner.add(outer.fd, EPOLLIN), ELOOP);
}

CASE(errors) {
  Epoll epoll;
  Pipe pipe;
  CHECK_EQ(epoll.add(pipe.ends[0], EPOLLIN), 0);
  CHECK_ERRNO(epoll.add(pipe.ends[0], EPOLLIN), EEXIST);
  CHECK_ERRNO(epoll.control(EPOLL_CTL_MOD, pipe.ends[1], EPOLLIN), ENOENT);
  CHECK_ERRNO(epoll.control(EPOLL_CTL_DEL, pipe.ends[1], 0), ENOENT);
  CHECK_ERRNO(epoll.add(1000, EPOLLIN), EBADF);
  CHECK_ERRNO(epoll_wait(epoll.fd, &epoll.event, 0, 0), EINVAL);
  CHECK_ERRNO(epoll_wait(pipe.ends[0], &epoll.event, 1, 0), EINVAL);
  CHECK_ERRNO(epoll_create(0), EINVAL);
  CHECK_ERRNO(epoll_create1(0x40000000), EINVAL);
  int file = open("/etc/passwd", O_RDONLY);
  CHECK_ERRNO(epoll.add(file, EPOLLIN), EPERM);
  close(file);
}
