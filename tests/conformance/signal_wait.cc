// Taking signals without a handler: sigwait, sigtimedwait, signalfd.
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

namespace {

// Blocks these signals while it lives.
class Blocked {
 public:
  explicit Blocked(std::initializer_list<int> numbers) {
    sigemptyset(&set);
    for (int number : numbers) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~Blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  sigset_t set;

 private:
  sigset_t before_;
};

}  // namespace

CASE(pending_signal_is_taken_at_once) {
  Blocked blocked({SIGUSR1, SIGUSR2});
  CHECK_EQ(raise(SIGUSR1), 0);
  int signal = 0;
  CHECK_EQ(sigwait(&blocked.set, &signal), 0);
  CHECK_EQ(signal, SIGUSR1);
  sigset_t pending;
  sigpending(&pending);
  CHECK(!sigismember(&pending, SIGUSR1));
}

CASE(waits_for_another_thread) {
  Blocked blocked({SIGUSR1});
  std::atomic<int> signal = 0;
  std::thread waiter([&] {
    siginfo_t info = {};
    signal = sigwaitinfo(&blocked.set, &info) == SIGUSR1 && info.si_value.sival_int == 5;
  });
  support::settle();
  CHECK_EQ(sigqueue(getpid(), SIGUSR1, {.sival_int = 5}), 0);
  waiter.join();
  CHECK_EQ(signal.load(), 1);
}

CASE(times_out) {
  Blocked blocked({SIGUSR1});
  timespec timeout = {0, 60000000};
  int64_t start = support::now_ms();
  CHECK_ERRNO(sigtimedwait(&blocked.set, nullptr, &timeout), EAGAIN);
  CHECK(support::now_ms() - start >= 59);
  timeout = {0, 1000000000};
  CHECK_ERRNO(sigtimedwait(&blocked.set, nullptr, &timeout), EINVAL);
}

CASE(other_signals_interrupt_it) {
  Blocked blocked({SIGUSR1});
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR2, &action, nullptr);
  std::atomic<int> result = 0, error = 0;
  std::thread waiter([&] {
    timespec timeout = {10, 0};
    result = sigtimedwait(&blocked.set, nullptr, &timeout);
    error = errno;
  });
  support::settle();
  pthread_kill(waiter.native_handle(), SIGUSR2);
  waiter.join();
  CHECK_EQ(result.load(), -1);
  CHECK_EQ(error.load(), EINTR);
}

CASE(signalfd_reads_records) {
  Blocked blocked({SIGUSR1, SIGRTMIN});
  int fd = signalfd(-1, &blocked.set, SFD_NONBLOCK | SFD_CLOEXEC);
  CHECK(fd >= 0);
  signalfd_siginfo info[4];
  CHECK_ERRNO(read(fd, info, sizeof info), EAGAIN);
  CHECK_ERRNO(read(fd, info, 10), EINVAL);
  pollfd poll_fd = {fd, POLLIN, 0};
  CHECK_EQ(poll(&poll_fd, 1, 0), 0);
  CHECK_EQ(kill(getpid(), SIGUSR1), 0);
  CHECK_EQ(sigqueue(getpid(), SIGRTMIN, {.sival_int = 7}), 0);
  CHECK_EQ(poll(&poll_fd, 1, 1000), 1);
  CHECK_EQ(read(fd, info, sizeof info), 2 * sizeof info[0]);
  CHECK_EQ(info[0].ssi_signo, SIGUSR1);
  CHECK_EQ(info[0].ssi_pid, getpid());
  CHECK_EQ(info[1].ssi_signo, SIGRTMIN);
  CHECK_EQ(info[1].ssi_int, 7);
  CHECK_EQ(poll(&poll_fd, 1, 0), 0);
  close(fd);
}

CASE(signalfd_wakes_epoll_and_a_blocked_read) {
  Blocked blocked({SIGUSR1});
  int fd = signalfd(-1, &blocked.set, 0);
  int epoll = epoll_create1(0);
  epoll_event event = {EPOLLIN, {.fd = fd}};
  CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
  std::thread sender([] {
    support::settle();
    kill(getpid(), SIGUSR1);
    support::settle();
    kill(getpid(), SIGUSR1);
  });
  CHECK_EQ(epoll_wait(epoll, &event, 1, 10000), 1);
  signalfd_siginfo info = {};
  CHECK_EQ(read(fd, &info, sizeof info), sizeof info);
  info = {};
  CHECK_EQ(read(fd, &info, sizeof info), sizeof info);
  CHECK_EQ(info.ssi_signo, SIGUSR1);
  sender.join();
  close(fd);
  close(epoll);
}

CASE(signalfd_changes_its_set) {
  Blocked blocked({SIGUSR1, SIGUSR2});
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGUSR2);
  int fd = signalfd(-1, &only, SFD_NONBLOCK);
  CHECK_EQ(raise(SIGUSR1), 0);
  signalfd_siginfo info;
  CHECK_ERRNO(read(fd, &info, sizeof info), EAGAIN);
  CHECK_EQ(signalfd(fd, &blocked.set, 0), fd);
  CHECK_EQ(read(fd, &info, sizeof info), sizeof info);
  CHECK_ERRNO(signalfd(0, &only, 0), EINVAL);
  CHECK_ERRNO(signalfd(-1, &only, 0x40000000), EINVAL);
  close(fd);
}
