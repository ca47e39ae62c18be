// A program that spins must not starve its other threads, however few processors there are.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

CASE(spin_until_another_thread_has_run) {
  std::atomic<bool> ran = false;
  std::thread other([&] { ran = true; });
  while (!ran) {
  }
  other.join();
}

CASE(four_spinners_wait_for_a_fifth) {
  std::atomic<bool> go = false;
  std::atomic<int> spinning = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back([&] {
      spinning++;
      while (!go) {
      }
    });
  while (spinning < 4) {
  }
  threads.emplace_back([&] { go = true; });
  for (auto& thread : threads) thread.join();
  CHECK(go);
}

CASE(spinners_take_turns) {
  std::atomic<int> turn = 0;
  std::vector<std::thread> threads;
  for (int mine = 0; mine < 3; mine++)
    threads.emplace_back([&, mine] {
      for (int round = 0; round < 4; round++) {
        while (turn % 3 != mine) {
        }
        turn++;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(turn.load(), 12);
}

CASE(a_sleeper_wakes_beside_a_spinner) {
  std::atomic<bool> stop = false;
  std::thread spinner([&] {
    while (!stop) {
    }
  });
  int64_t start = support::now_ms();
  for (int i = 0; i < 5; i++) support::sleep_ms(10);
  int64_t took = support::now_ms() - start;
  stop = true;
  spinner.join();
  CHECK(took >= 50);
  CHECK(took < 2000);
}

CASE(a_timer_signal_ends_a_spin) {
  static volatile sig_atomic_t fired;
  fired = 0;
  struct sigaction action = {};
  action.sa_handler = [](int) { fired = 1; };
  sigaction(SIGALRM, &action, nullptr);
  itimerval in_30_ms = {{0, 0}, {0, 30000}};
  CHECK_EQ(setitimer(ITIMER_REAL, &in_30_ms, nullptr), 0);
  while (!fired) {
  }
}

CASE(floating_point_survives_preemption) {
  std::atomic<bool> wrong = false;
  auto compute = [&](double seed) {
    double sum = 0, check = 0;
    for (int round = 0; round < 20; round++) {
      sum = 0;
      for (int i = 1; i < 200000; i++) sum += seed / i;
      if (round == 0) check = sum;
      if (sum != check) wrong = true;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) threads.emplace_back(compute, 1.0 + i);
  for (auto& thread : threads) thread.join();
  CHECK(!wrong);
}
