// Exceptions and backtraces over system calls, whose sites the enclave's runtime has rewritten.
#include <cxxabi.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {

int null_fd() {
  static int fd = open("/dev/null", O_WRONLY);
  return fd;
}

std::atomic<int> destroyed;
struct Witness {
  ~Witness() { destroyed++; }
};

__attribute__((noinline)) void throw_at(int depth) {
  Witness witness;
  (void)!write(null_fd(), "x", 1);
  if (depth == 0) throw std::runtime_error("bottom");
  throw_at(depth - 1);
  (void)!write(null_fd(), "y", 1);
}

}  // namespace

CASE(thrown_from_a_function_that_writes) {
  destroyed = 0;
  std::string what;
  try {
    throw_at(20);
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  CHECK(what == "bottom");
  CHECK_EQ(destroyed.load(), 21);
}

CASE(thousand_times) {
  int caught = 0;
  for (int i = 0; i < 1000; i++) try {
      throw_at(3);
    } catch (const std::exception&) {
      caught++;
    }
  CHECK_EQ(caught, 1000);
}

CASE(in_many_threads) {
  std::atomic<int> caught = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([&] {
      for (int j = 0; j < 50; j++) try {
          throw_at(5);
        } catch (const std::runtime_error&) {
          caught++;
        }
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(caught.load(), 400);
}

CASE(thrown_out_of_a_signal_handler) {
  struct sigaction action = {};
  action.sa_handler = [](int) { throw 42; };
  sigaction(SIGUSR1, &action, nullptr);
  sigset_t usr1, before, none;
  sigemptyset(&none);
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  int caught = 0;
  for (int i = 0; i < 20; i++) {
    pthread_sigmask(SIG_BLOCK, &usr1, &before);
    raise(SIGUSR1);
    try {
      sigsuspend(&none);  // a cancellation point, so the libc lets exceptions through it
    } catch (int value) {
      caught += value;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  CHECK_EQ(caught, 20 * 42);
}

CASE(backtrace_inside_a_handler_reaches_main) {
  static std::atomic<int> depth;
  static bool sees_caller;
  struct sigaction action = {};
  action.sa_handler = [](int) {
    void* frames[64];
    depth = backtrace(frames, 64);
    char** names = backtrace_symbols(frames, depth);
    for (int i = 0; i < depth; i++) sees_caller = sees_caller || strstr(names[i], "libc_start");
    free(names);
  };
  sigaction(SIGUSR1, &action, nullptr);
  void* warm_up[4];
  backtrace(warm_up, 4);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK(depth >= 5);
  CHECK(sees_caller);
}

CASE(backtrace_of_a_thread_that_waits_in_a_call) {
  static std::atomic<int> depth;
  static std::atomic<bool> named;
  depth = 0;
  struct sigaction action = {};
  action.sa_flags = SA_RESTART;
  action.sa_handler = [](int) {
    void* frames[64];
    int count = backtrace(frames, 64);
    char** names = backtrace_symbols(frames, count);
    for (int i = 0; i < count; i++)
      if (strstr(names[i], "read")) named = true;
    free(names);
    depth = count;
  };
  sigaction(SIGUSR1, &action, nullptr);
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  std::thread reader([&] {
    char byte;
    (void)!read(ends[0], &byte, 1);
  });
  support::settle();
  CHECK_EQ(pthread_kill(reader.native_handle(), SIGUSR1), 0);
  support::settle();
  CHECK_EQ(write(ends[1], "x", 1), 1);
  reader.join();
  CHECK(depth >= 5);
  CHECK(named);
  close(ends[0]);
  close(ends[1]);
}

CASE(cancel_unwinds_through_a_blocked_call) {
  destroyed = 0;
  static int ends[2];
  CHECK_EQ(pipe(ends), 0);
  pthread_t thread;
  auto body = [](void*) -> void* {
    Witness witness;
    try {
      char byte;
      (void)!read(ends[0], &byte, 1);
    } catch (abi::__forced_unwind&) {
      destroyed += 10;
      throw;
    }
    return nullptr;
  };
  CHECK_EQ(pthread_create(&thread, nullptr, body, nullptr), 0);
  support::settle();
  CHECK_EQ(pthread_cancel(thread), 0);
  CHECK_EQ(pthread_join(thread, nullptr), 0);
  CHECK_EQ(destroyed.load(), 11);
  close(ends[0]);
  close(ends[1]);
}
