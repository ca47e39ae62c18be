// Threads that compute in bursts and wait in all kinds of ways between them: how many processors they have changes all the time, and
// nobody may be forgotten meanwhile.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "check.h"
#include "sockets.h"
#include "support.h"

namespace {

constexpr int64_t kTooLateMs = 2000;  // of something that takes some milliseconds; machines are busy at times

// Each case takes about so long, however fast the machine.
struct Until {
  int64_t end = support::now_ms() + 700;
  bool over() const { return support::now_ms() >= end; }
};

void compute(int us) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(us);
  volatile unsigned x = 1;
  while (std::chrono::steady_clock::now() < end)
    for (int i = 0; i < 2000; ++i) x = x * 1664525 + 1013904223;
}

// Phases: some milliseconds of long bursts, then of short ones, in all threads at about the same time.
void burst(std::minstd_rand& random) {
  const bool long_ones = support::now_ms() / 64 % 2;
  compute(static_cast<int>(random() % (long_ones ? 700 : 20)));
}

template <typename Step>
bool all_threads(int count, Step step) {
  std::atomic<int> late = 0;
  std::vector<std::thread> threads;
  for (int number = 0; number < count; ++number)
    threads.emplace_back([&, number] {
      std::minstd_rand random(static_cast<unsigned>(number + 1));
      for (Until until; !until.over();) {
        burst(random);
        const int64_t start = support::now_ms();
        step(number, random);
        if (support::now_ms() - start > kTooLateMs) late++;
      }
    });
  for (auto& thread : threads) thread.join();
  return late == 0;
}

}  // namespace

CASE(sleeps_end_in_time) {
  CHECK(all_threads(4, [](int, std::minstd_rand& random) { usleep(random() % 3000); }));
}

CASE(waits_for_nothing_end_in_time) {
  CHECK(all_threads(4, [](int, std::minstd_rand& random) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::microseconds(random() % 3000));
    poll(nullptr, 0, static_cast<int>(random() % 3));
  }));
}

CASE(a_single_sleeper_beside_short_bursts) {
  CHECK(all_threads(2, [](int number, std::minstd_rand& random) {
    if (number == 0) usleep(random() % 20000);
  }));
}

CASE(signalled_threads_go_on) {
  constexpr unsigned kThreads = 4;
  std::mutex mutex;
  std::condition_variable changed;
  unsigned turn = 0;
  bool over = false;
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < kThreads; ++number)
    threads.emplace_back([&, number] {
      std::minstd_rand random(number + 1);
      std::unique_lock lock(mutex);
      while (!over) {
        while (turn % kThreads != number && !over) changed.wait(lock);
        lock.unlock();
        burst(random);
        lock.lock();
        turn++;
        changed.notify_all();
      }
    });
  support::sleep_ms(700);
  {
    std::lock_guard lock(mutex);
    over = true;
    changed.notify_all();
  }
  for (auto& thread : threads) thread.join();
  CHECK(turn > 10 * kThreads);
}

CASE(bytes_through_pipes_arrive) {
  int ends[2][2];
  CHECK(pipe(ends[0]) == 0 && pipe(ends[1]) == 0);
  std::atomic<bool> wrong = false;
  std::thread echo([&] {
    std::minstd_rand random(7);
    char byte;
    while (read(ends[0][0], &byte, 1) == 1) {
      burst(random);
      if (write(ends[1][1], &byte, 1) != 1) wrong = true;
    }
  });
  CHECK(all_threads(1, [&](int, std::minstd_rand& random) {
    const char sent = static_cast<char>(random());
    char got = 0;
    if (write(ends[0][1], &sent, 1) != 1 || read(ends[1][0], &got, 1) != 1 || got != sent) wrong = true;
  }));
  close(ends[0][1]);
  echo.join();
  CHECK(!wrong);
  for (int fd : {ends[0][0], ends[1][0], ends[1][1]}) close(fd);
}

// Each thread on one end of a connection: what it sends leaves with whichever processor crosses next.
CASE(bytes_through_connections_arrive) {
  constexpr int kPairs = 3;
  std::vector<sockets::TcpPair> pairs(kPairs);
  std::atomic<bool> wrong = false;
  std::vector<std::thread> echoes;
  for (auto& pair : pairs)
    echoes.emplace_back([&wrong, fd = pair.server] {
      std::minstd_rand random(static_cast<unsigned>(fd));
      char bytes[3000];
      for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0;) {
        burst(random);
        if (write(fd, bytes, static_cast<size_t>(got)) != got) wrong = true;
      }
    });
  CHECK(all_threads(kPairs, [&](int number, std::minstd_rand& random) {
    const int fd = pairs[static_cast<size_t>(number)].client;
    const size_t size = 1 + random() % 20000;
    std::string sent(size, static_cast<char>(random())), got(size, '\0');
    if (write(fd, sent.data(), size) != static_cast<ssize_t>(size)) wrong = true;
    if (recv(fd, got.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size) || got != sent) wrong = true;
  }));
  for (auto& pair : pairs) pair.close_client();
  for (auto& echo : echoes) echo.join();
  CHECK(!wrong);
}

CASE(threads_start_and_end) {
  std::atomic<int> ran = 0;
  std::atomic<int> started = 0;
  CHECK(all_threads(2, [&](int, std::minstd_rand& random) {
    const int us = static_cast<int>(random() % 500);
    std::thread thread([&ran, us] {
      compute(us);
      ran++;
    });
    started++;
    thread.join();
  }));
  CHECK_EQ(ran.load(), started.load());
}

// One computes all the time, and has a processor to itself if there are two.
CASE(others_live_beside_one_that_computes) {
  std::atomic<bool> over = false;
  std::thread busy([&] {
    volatile unsigned x = 1;
    while (!over) x = x * 1664525 + 1013904223;
  });
  const int counter = eventfd(0, 0);
  const bool in_time = all_threads(3, [&](int number, std::minstd_rand& random) {
    const uint64_t one = 1;
    uint64_t value;
    if (number == 0) {
      usleep(random() % 2000);
      (void)!write(counter, &one, sizeof one);
    } else {
      pollfd waiting = {counter, POLLIN, 0};
      if (poll(&waiting, 1, 20) == 1 && number == 1) (void)!read(counter, &value, sizeof value);
    }
  });
  over = true;
  busy.join();
  CHECK(in_time);
  close(counter);
}

// On whichever processor it is left when the others have ended.
CASE(the_last_one_sleeps_and_wakes_up) {
  CHECK(all_threads(1, [](int, std::minstd_rand& random) {
    for (int round = 0; round < 4; ++round) {
      std::thread other([] { compute(400); });
      compute(400);
      other.join();
    }
    for (int64_t end = support::now_ms() + 20 + static_cast<int64_t>(random() % 40); support::now_ms() < end;)
      getppid();
    usleep(10000);
  }));
}
