// Mutexes, condition variables, read-write locks, barriers, semaphores: all of them futexes underneath.
#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {

timespec in_ms(clockid_t clock, int64_t ms) {
  timespec when;
  clock_gettime(clock, &when);
  int64_t ns = when.tv_nsec + ms % 1000 * 1000000;
  when.tv_sec += ms / 1000 + ns / 1000000000;
  when.tv_nsec = ns % 1000000000;
  return when;
}

}  // namespace

CASE(contended_mutex_counts_right) {
  std::mutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([&] {
      for (int j = 0; j < 5000; j++) {
        std::lock_guard guard(mutex);
        count++;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(count, 40000);
}

CASE(mutex_held_over_a_sleep) {
  std::mutex mutex;
  int64_t waited = 0;
  mutex.lock();
  std::thread waiter([&] {
    int64_t start = support::now_ms();
    mutex.lock();
    waited = support::now_ms() - start;
    mutex.unlock();
  });
  support::sleep_ms(100);
  mutex.unlock();
  waiter.join();
  CHECK(waited >= 50);
}

CASE(recursive_and_error_checking_mutexes) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutex_t mutex;
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&mutex, &attributes);
  CHECK_EQ(pthread_mutex_lock(&mutex), 0);
  CHECK_EQ(pthread_mutex_lock(&mutex), 0);
  int seen = 0;
  std::thread([&] { seen = pthread_mutex_trylock(&mutex); }).join();
  CHECK_EQ(seen, EBUSY);
  CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
  CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
  pthread_mutex_destroy(&mutex);

  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&mutex, &attributes);
  CHECK_EQ(pthread_mutex_lock(&mutex), 0);
  CHECK_EQ(pthread_mutex_lock(&mutex), EDEADLK);
  std::thread([&] { seen = pthread_mutex_unlock(&mutex); }).join();
  CHECK_EQ(seen, EPERM);
  CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
  pthread_mutex_destroy(&mutex);
}

CASE(timed_lock_times_out) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  int realtime = 0, monotonic = 0;
  int64_t start = support::now_ms();
  std::thread([&] {
    timespec when = in_ms(CLOCK_REALTIME, 60);
    realtime = pthread_mutex_timedlock(&mutex, &when);
    when = in_ms(CLOCK_MONOTONIC, 60);
    monotonic = pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &when);
  }).join();
  CHECK_EQ(realtime, ETIMEDOUT);
  CHECK_EQ(monotonic, ETIMEDOUT);
  CHECK(support::now_ms() - start >= 115);
  pthread_mutex_unlock(&mutex);
}

CASE(condition_variable_ping_pong) {
  std::mutex mutex;
  std::condition_variable turn_changed;
  int turn = 0;
  auto play = [&](int mine) {
    for (int i = 0; i < 2000; i++) {
      std::unique_lock lock(mutex);
      turn_changed.wait(lock, [&] { return turn == mine; });
      turn = 1 - mine;
      turn_changed.notify_one();
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  CHECK_EQ(turn, 0);
}

CASE(condition_variable_broadcast_wakes_all) {
  std::mutex mutex;
  std::condition_variable changed;
  bool go = false;
  int woken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; i++)
    threads.emplace_back([&] {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return go; });
      woken++;
    });
  support::settle();
  {
    std::lock_guard guard(mutex);
    go = true;
    changed.notify_all();
  }
  for (auto& thread : threads) thread.join();
  CHECK_EQ(woken, 50);
}

CASE(condition_variable_times_out) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t never = PTHREAD_COND_INITIALIZER;
  pthread_mutex_lock(&mutex);
  int64_t start = support::now_ms();
  timespec when = in_ms(CLOCK_REALTIME, 80);
  CHECK_EQ(pthread_cond_timedwait(&never, &mutex, &when), ETIMEDOUT);
  CHECK(support::now_ms() - start >= 75);
  when = {0, 0};
  CHECK_EQ(pthread_cond_timedwait(&never, &mutex, &when), ETIMEDOUT);
  pthread_mutex_unlock(&mutex);
}

CASE(read_write_lock) {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  CHECK_EQ(pthread_rwlock_rdlock(&lock), 0);
  int reader = -1, writer = -1;
  std::thread([&] {
    reader = pthread_rwlock_tryrdlock(&lock);
    if (reader == 0) pthread_rwlock_unlock(&lock);
    writer = pthread_rwlock_trywrlock(&lock);
  }).join();
  CHECK_EQ(reader, 0);
  CHECK_EQ(writer, EBUSY);
  CHECK_EQ(pthread_rwlock_unlock(&lock), 0);

  int64_t value = 0;
  std::atomic<bool> torn = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; i++)
    threads.emplace_back([&, i] {
      for (int j = 0; j < 2000; j++) {
        if (i < 2) {
          pthread_rwlock_wrlock(&lock);
          value++;
          value++;
        } else {
          pthread_rwlock_rdlock(&lock);
          if (value % 2) torn = true;
        }
        pthread_rwlock_unlock(&lock);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(!torn);
  CHECK_EQ(value, 8000);
}

CASE(barrier_lets_one_be_serial) {
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 10);
  std::atomic<int> serial = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; i++)
    threads.emplace_back([&] {
      for (int round = 0; round < 100; round++)
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) serial++;
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(serial.load(), 100);
  pthread_barrier_destroy(&barrier);
}

CASE(semaphore_passes_tokens) {
  sem_t items, space;
  sem_init(&items, 0, 0);
  sem_init(&space, 0, 4);
  int ring[4] = {}, sum = 0;
  std::thread consumer([&] {
    for (int i = 0; i < 2000; i++) {
      sem_wait(&items);
      sum += ring[i % 4];
      sem_post(&space);
    }
  });
  for (int i = 0; i < 2000; i++) {
    sem_wait(&space);
    ring[i % 4] = i;
    sem_post(&items);
  }
  consumer.join();
  CHECK_EQ(sum, 1999 * 2000 / 2);
  CHECK_ERRNO(sem_trywait(&items), EAGAIN);
  timespec when = in_ms(CLOCK_REALTIME, 30);
  CHECK_ERRNO(sem_timedwait(&items, &when), ETIMEDOUT);
  sem_destroy(&items);
  sem_destroy(&space);
}

CASE(once_runs_once) {
  static pthread_once_t control = PTHREAD_ONCE_INIT;
  static std::atomic<int> runs;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; i++)
    threads.emplace_back([] {
      pthread_once(&control, [] {
        support::sleep_ms(20);
        runs++;
      });
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(runs.load(), 1);
}

CASE(spin_lock_between_threads) {
  pthread_spinlock_t lock;
  pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
  int count = 0;
  auto body = [&] {
    for (int i = 0; i < 20000; i++) {
      pthread_spin_lock(&lock);
      count++;
      pthread_spin_unlock(&lock);
    }
  };
  std::thread first(body), second(body);
  first.join();
  second.join();
  CHECK_EQ(count, 40000);
  pthread_spin_destroy(&lock);
}
