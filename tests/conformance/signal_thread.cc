// Signals between threads: to one that runs, waits, sleeps, is in a system call.
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {

thread_local std::atomic<int> received;
std::atomic<int> total;

void on_signal(int) {
  received++;
  total++;
}

void catch_usr1(int flags = SA_RESTART) {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = flags;
  sigaction(SIGUSR1, &action, nullptr);
  total = 0;
}

}  // namespace

CASE(to_a_spinning_thread) {
  catch_usr1();
  std::atomic<bool> ready = false, stop = false;
  std::thread spinner([&] {
    ready = true;
    while (received == 0 && !stop) {
    }
  });
  while (!ready) {
  }
  CHECK_EQ(pthread_kill(spinner.native_handle(), SIGUSR1), 0);
  for (int i = 0; i < 500 && total == 0; i++) support::sleep_ms(10);
  stop = true;
  spinner.join();
  CHECK_EQ(total.load(), 1);
}

CASE(to_a_thread_in_sigsuspend) {
  catch_usr1();
  sigset_t usr1, before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &usr1, &before), 0);
  std::atomic<int> result = 0, error = 0;
  std::atomic<bool> blocked_after = false;
  std::thread waiter([&] {
    result = sigsuspend(&before);
    error = errno;
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, nullptr, &now);
    blocked_after = sigismember(&now, SIGUSR1);
  });
  support::settle();
  CHECK_EQ(total.load(), 0);
  CHECK_EQ(pthread_kill(waiter.native_handle(), SIGUSR1), 0);
  waiter.join();
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
  CHECK_EQ(total.load(), 1);
  CHECK_EQ(result.load(), -1);
  CHECK_EQ(error.load(), EINTR);
  CHECK(blocked_after);
}

CASE(to_a_thread_in_a_mutex_and_a_join) {
  catch_usr1(0);
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  std::atomic<bool> locked = false;
  std::thread waiter([&] {
    pthread_mutex_lock(&mutex);
    locked = true;
    pthread_mutex_unlock(&mutex);
  });
  support::settle();
  CHECK_EQ(pthread_kill(waiter.native_handle(), SIGUSR1), 0);
  support::settle();
  CHECK_EQ(total.load(), 1);
  CHECK(!locked);
  pthread_mutex_unlock(&mutex);
  waiter.join();
  CHECK(locked);
}

CASE(to_a_thread_that_makes_system_calls) {
  catch_usr1();
  std::atomic<bool> stop = false, ready = false;
  std::atomic<int> wrong = 0;
  std::thread caller([&] {
    ready = true;
    int fd = open("/dev/zero", O_RDONLY);
    char buffer[64];
    while (!stop) {
      if (read(fd, buffer, sizeof buffer) != 64) wrong++;
      if (syscall(SYS_getppid) <= 0) wrong++;
    }
    close(fd);
  });
  while (!ready) support::sleep_ms(1);
  for (int i = 0; i < 300; i++) {
    CHECK_EQ(pthread_kill(caller.native_handle(), SIGUSR1), 0);
    // However busy the machine is: each one arrives, before the next is sent.
    for (int waited = 0; total <= i && waited < 5000; waited++) support::sleep_ms(1);
    CHECK_EQ(total.load(), i + 1);
  }
  stop = true;
  caller.join();
  CHECK_EQ(wrong.load(), 0);
}

CASE(each_thread_gets_its_own) {
  catch_usr1();
  std::atomic<int> right = 0;
  std::atomic<int> ready = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; i++)
    threads.emplace_back([&] {
      ready++;
      while (received == 0) support::sleep_ms(5);
      support::sleep_ms(20);
      if (received == 1) right++;
    });
  while (ready < 10) support::sleep_ms(1);
  for (auto& thread : threads) CHECK_EQ(pthread_kill(thread.native_handle(), SIGUSR1), 0);
  for (auto& thread : threads) thread.join();
  CHECK_EQ(right.load(), 10);
  CHECK_EQ(total.load(), 10);
}

CASE(two_threads_signal_each_other) {
  catch_usr1();
  pthread_t main_thread = pthread_self();
  std::atomic<int> rounds = 0;
  received = 0;
  std::thread other([&] {
    for (int i = 0; i < 200; i++) {
      pthread_kill(main_thread, SIGUSR1);
      while (received <= i) sched_yield();
      rounds++;
    }
  });
  for (int i = 0; i < 200; i++) {
    while (received <= i) sched_yield();
    pthread_kill(other.native_handle(), SIGUSR1);
  }
  other.join();
  CHECK_EQ(rounds.load(), 200);
}

CASE(from_a_handler_to_another_thread) {
  static pthread_t target;
  static std::atomic<int> relayed;
  relayed = 0;
  struct sigaction action = {};
  action.sa_handler = [](int) { pthread_kill(target, SIGUSR2); };
  sigaction(SIGUSR1, &action, nullptr);
  action.sa_handler = [](int) { relayed++; };
  sigaction(SIGUSR2, &action, nullptr);
  std::thread waiter([] {
    for (int i = 0; i < 500 && !relayed; i++) support::sleep_ms(10);
  });
  target = waiter.native_handle();
  CHECK_EQ(raise(SIGUSR1), 0);
  waiter.join();
  CHECK_EQ(relayed.load(), 1);
}

CASE(to_a_thread_that_has_ended) {
  pid_t tid = 0;
  std::thread([&] { tid = gettid(); }).join();
  support::settle();
  CHECK_ERRNO(syscall(SYS_tgkill, getpid(), tid, SIGUSR1), ESRCH);
}
