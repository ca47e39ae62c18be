// What a signal does to a call that waits: EINTR, or a restart with SA_RESTART.
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "check.h"
#include "sockets.h"
#include "support.h"

namespace {

volatile sig_atomic_t handled;

void catch_usr1(int flags) {
  struct sigaction action = {};
  action.sa_handler = [](int) { handled = handled + 1; };
  action.sa_flags = flags;
  sigaction(SIGUSR1, &action, nullptr);
  handled = 0;
}

// A thread makes the call; it gets a signal while it waits, and after some more time `finish` lets the call succeed.
struct Outcome {
  long result;
  int error;
  bool finished_first;  // the call was still waiting when finish ran
};
Outcome interrupt(int flags, const std::function<long()>& call, const std::function<void()>& finish = [] {}) {
  catch_usr1(flags);
  Outcome outcome = {};
  std::atomic<bool> returned = false;
  std::thread caller([&] {
    outcome.result = call();
    outcome.error = errno;
    returned = true;
  });
  support::settle();
  pthread_kill(caller.native_handle(), SIGUSR1);
  support::settle();
  outcome.finished_first = !returned;
  finish();
  caller.join();
  return outcome;
}

bool is_eintr(const Outcome& outcome) {
  return handled == 1 && !outcome.finished_first && outcome.result == -1 && outcome.error == EINTR;
}
bool is_restarted(const Outcome& outcome, long result) {
  return handled == 1 && outcome.finished_first && outcome.result == result;
}

}  // namespace

CASE(read_from_a_pipe) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  char byte;
  auto call = [&] { return read(ends[0], &byte, 1); };
  auto finish = [&] { (void)!write(ends[1], "x", 1); };
  CHECK(is_eintr(interrupt(0, call)));
  CHECK(is_restarted(interrupt(SA_RESTART, call, finish), 1));
  close(ends[0]);
  close(ends[1]);
}

CASE(write_to_a_full_pipe) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  static char fill[65536];
  CHECK_EQ(write(ends[1], fill, sizeof fill), 65536);
  CHECK(is_eintr(interrupt(0, [&] { return write(ends[1], "x", 1); })));
  CHECK(is_restarted(interrupt(SA_RESTART, [&] { return write(ends[1], fill, 4096); },
                               [&] { (void)!read(ends[0], fill, 8192); }), 4096));
  close(ends[0]);
  close(ends[1]);
}

CASE(interrupted_large_write_tells_what_went) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  static char fill[200000];
  Outcome outcome = interrupt(0, [&] { return write(ends[1], fill, sizeof fill); });
  CHECK_EQ(outcome.result, 65536);
  CHECK_EQ(handled, 1);
  close(ends[0]);
  close(ends[1]);
}

CASE(nanosleep_never_restarts_after_a_handler) {
  auto call = [] {
    timespec time = {10, 0};
    return static_cast<long>(nanosleep(&time, nullptr));
  };
  CHECK(is_eintr(interrupt(0, call)));
  CHECK(is_eintr(interrupt(SA_RESTART, call)));
}

CASE(waits_for_events_never_restart) {
  int epoll = epoll_create1(0);
  auto by_epoll = [=] {
    epoll_event event;
    return static_cast<long>(epoll_wait(epoll, &event, 1, 10000));
  };
  auto by_poll = [] { return static_cast<long>(poll(nullptr, 0, 10000)); };
  auto by_select = [] {
    timeval time = {10, 0};
    return static_cast<long>(select(0, nullptr, nullptr, nullptr, &time));
  };
  for (int flags : {0, SA_RESTART}) {
    CHECK(is_eintr(interrupt(flags, by_epoll)));
    CHECK(is_eintr(interrupt(flags, by_poll)));
    CHECK(is_eintr(interrupt(flags, by_select)));
  }
  close(epoll);
}

CASE(futex_wait) {
  std::atomic<uint32_t> word = 0;
  auto without_timeout = [&] { return syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, nullptr); };
  auto finish = [&] { syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1); };
  CHECK(is_eintr(interrupt(0, without_timeout)));
  CHECK(is_restarted(interrupt(SA_RESTART, without_timeout, finish), 0));
  auto with_timeout = [&] {
    timespec ten = {10, 0};
    return syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &ten);
  };
  CHECK(is_eintr(interrupt(0, with_timeout)));
}

CASE(receive_from_a_socket) {
  sockets::TcpPair pair;
  char byte;
  auto receive = [&] { return recv(pair.server, &byte, 1, 0); };
  CHECK(is_eintr(interrupt(0, receive)));
  CHECK(is_restarted(interrupt(SA_RESTART, receive, [&] { send(pair.client, "x", 1, 0); }), 1));
  timeval timeout = {10, 0};
  setsockopt(pair.server, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  CHECK(is_eintr(interrupt(SA_RESTART, receive)));
}

CASE(accept_waits_again) {
  sockets::Listener listener;
  int client = -1;
  auto call = [&] { return accept(listener.fd, nullptr, nullptr) >= 0 ? 0L : -1L; };
  CHECK(is_eintr(interrupt(0, call)));
  CHECK(is_restarted(interrupt(SA_RESTART, call, [&] { client = sockets::connect_to(listener.port); }), 0));
  close(client);
}

CASE(blocking_lock_of_a_file) {
  support::TemporaryDir dir;
  support::put_file(dir / "file", "");
  int one = open((dir / "file").c_str(), O_RDWR), two = open((dir / "file").c_str(), O_RDWR);
  CHECK_EQ(flock(one, LOCK_EX), 0);
  CHECK(is_eintr(interrupt(0, [=] { return flock(two, LOCK_EX); })));
  CHECK(is_restarted(interrupt(SA_RESTART, [=] { return flock(two, LOCK_EX); }, [=] { flock(one, LOCK_UN); }), 0));
  close(one);
  close(two);
}

CASE(pause_and_sigsuspend) {
  CHECK(is_eintr(interrupt(SA_RESTART, [] { return pause(); })));
  CHECK(is_eintr(interrupt(SA_RESTART, [] {
    sigset_t none;
    sigemptyset(&none);
    return sigsuspend(&none);
  })));
}

CASE(ignored_signals_interrupt_nothing) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  signal(SIGUSR2, SIG_IGN);
  std::atomic<ssize_t> got = -2;
  std::thread reader([&] {
    char byte;
    got = read(ends[0], &byte, 1);
  });
  support::settle();
  pthread_kill(reader.native_handle(), SIGUSR2);
  pthread_kill(reader.native_handle(), SIGWINCH);
  support::settle();
  CHECK_EQ(got.load(), -2);
  CHECK_EQ(write(ends[1], "x", 1), 1);
  reader.join();
  CHECK_EQ(got.load(), 1);
  close(ends[0]);
  close(ends[1]);
}

CASE(hundred_interruptions) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  catch_usr1(SA_RESTART);
  std::atomic<ssize_t> got = -2;
  std::thread reader([&] {
    char byte;
    got = read(ends[0], &byte, 1);
  });
  for (int i = 0; i < 100; i++) {
    support::sleep_ms(1);
    pthread_kill(reader.native_handle(), SIGUSR1);
  }
  support::settle();
  CHECK_EQ(write(ends[1], "x", 1), 1);
  reader.join();
  CHECK_EQ(got.load(), 1);
  CHECK(handled > 20);
  close(ends[0]);
  close(ends[1]);
}
