// The end of a thread that holds something: robust lists, the cleared thread id, pthread_exit from main.
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "support.h"

namespace {

pthread_mutex_t robust_mutex() {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attributes);
  return mutex;
}

}  // namespace

CASE(owner_died_before_the_lock) {
  pthread_mutex_t mutex = robust_mutex();
  std::thread([&] { pthread_mutex_lock(&mutex); }).join();
  CHECK_EQ(pthread_mutex_lock(&mutex), EOWNERDEAD);
  CHECK_EQ(pthread_mutex_consistent(&mutex), 0);
  CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
  CHECK_EQ(pthread_mutex_lock(&mutex), 0);
  CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
}

CASE(owner_dies_while_another_waits) {
  pthread_mutex_t mutex = robust_mutex();
  std::atomic<bool> locked = false;
  std::thread owner([&] {
    pthread_mutex_lock(&mutex);
    locked = true;
    support::sleep_ms(100);
  });
  while (!locked) support::sleep_ms(1);
  CHECK_EQ(pthread_mutex_lock(&mutex), EOWNERDEAD);
  CHECK_EQ(pthread_mutex_consistent(&mutex), 0);
  CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
  owner.join();
}

CASE(left_inconsistent_is_not_recoverable) {
  pthread_mutex_t mutex = robust_mutex();
  std::thread([&] { pthread_mutex_lock(&mutex); }).join();
  CHECK_EQ(pthread_mutex_lock(&mutex), EOWNERDEAD);
  CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
  CHECK_EQ(pthread_mutex_lock(&mutex), ENOTRECOVERABLE);
}

CASE(robust_list_can_be_read_back) {
  void* head = nullptr;
  size_t length = 0;
  CHECK_EQ(syscall(SYS_get_robust_list, 0, &head, &length), 0);
  CHECK(head != nullptr);
  CHECK_EQ(length, sizeof(robust_list_head));
  CHECK_ERRNO(syscall(SYS_set_robust_list, head, length + 1), EINVAL);
}

CASE(set_tid_address_answers_the_thread_id) {
  static pid_t cleared_when_main_ends;
  CHECK_EQ(syscall(SYS_set_tid_address, &cleared_when_main_ends), gettid());
}

// Last: main ends here, the process lives until its last thread does.
CASE(process_outlives_main) {
  pthread_t thread;
  auto body = [](void*) -> void* {
    support::sleep_ms(50);
    check_print("ok process_outlives_main\n");
    exit(check_failures != 0);
  };
  CHECK_EQ(pthread_create(&thread, nullptr, body, nullptr), 0);
  pthread_exit(nullptr);
}
