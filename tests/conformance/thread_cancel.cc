// pthread_cancel: a signal that unwinds the thread out of a blocking call.
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <atomic>

#include "check.h"
#include "support.h"

namespace {

std::atomic<int> cleaned;
int pipe_ends[2];

// Destructors run when a cancelled thread unwinds.
struct Cleaner {
  ~Cleaner() { cleaned++; }
};

// Cancels a thread that runs `body`, some time after it began. True if it was cancelled and unwound.
bool cancelled(void* (*body)(void*)) {
  cleaned = 0;
  pthread_t thread;
  if (pthread_create(&thread, nullptr, body, nullptr)) return false;
  support::settle();
  if (pthread_cancel(thread)) return false;
  void* result = nullptr;
  if (pthread_join(thread, &result)) return false;
  return result == PTHREAD_CANCELED && cleaned == 1;
}

}  // namespace

CASE(out_of_a_blocking_read) {
  CHECK_EQ(pipe(pipe_ends), 0);
  CHECK(cancelled([](void*) -> void* {
    Cleaner cleaner;
    char byte;
    (void)!read(pipe_ends[0], &byte, 1);
    return nullptr;
  }));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

CASE(out_of_a_sleep) {
  int64_t start = support::now_ms();
  CHECK(cancelled([](void*) -> void* {
    Cleaner cleaner;
    sleep(30);
    return nullptr;
  }));
  CHECK(support::now_ms() - start < 10000);
}

CASE(out_of_poll_and_epoll) {
  CHECK(cancelled([](void*) -> void* {
    Cleaner cleaner;
    poll(nullptr, 0, -1);
    return nullptr;
  }));
  static int epoll;
  epoll = epoll_create1(0);
  CHECK(cancelled([](void*) -> void* {
    Cleaner cleaner;
    epoll_event event;
    epoll_wait(epoll, &event, 1, -1);
    return nullptr;
  }));
  close(epoll);
}

CASE(out_of_accept_and_recv) {
  static int pair[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  CHECK(cancelled([](void*) -> void* {
    Cleaner cleaner;
    char byte;
    recv(pair[0], &byte, 1, 0);
    return nullptr;
  }));
  close(pair[0]);
  close(pair[1]);
}

CASE(out_of_a_condition_variable_with_the_mutex_held) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
  CHECK(cancelled([](void*) -> void* {
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push([](void*) {
      cleaned++;
      pthread_mutex_unlock(&mutex);
    }, nullptr);
    pthread_cond_wait(&never, &mutex);
    pthread_cleanup_pop(1);
    return nullptr;
  }));
  CHECK_EQ(pthread_mutex_trylock(&mutex), 0);
  pthread_mutex_unlock(&mutex);
}

CASE(asynchronous_cancel_of_a_spinning_thread) {
  pthread_t thread;
  auto body = [](void*) -> void* {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
    for (;;) asm volatile("");
  };
  CHECK_EQ(pthread_create(&thread, nullptr, body, nullptr), 0);
  support::settle();
  CHECK_EQ(pthread_cancel(thread), 0);
  void* result = nullptr;
  CHECK_EQ(pthread_join(thread, &result), 0);
  CHECK(result == PTHREAD_CANCELED);
}

CASE(disabled_until_enabled) {
  static std::atomic<bool> reached;
  reached = false;
  CHECK(cancelled([](void*) -> void* {
    Cleaner cleaner;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
    support::sleep_ms(150);
    reached = true;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
    pthread_testcancel();
    return nullptr;
  }));
  CHECK(reached);
}

CASE(cancel_points_in_a_loop_of_writes) {
  static int null;
  null = open("/dev/null", O_WRONLY);
  CHECK(cancelled([](void*) -> void* {
    Cleaner cleaner;
    for (;;) (void)!write(null, "x", 1);
    return nullptr;
  }));
  close(null);
}
