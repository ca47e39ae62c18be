// Threads that wait for each other.
#include <semaphore.h>

#include <condition_variable>
#include <mutex>

#include "bench/micro/benchmark.h"

namespace scone::bench {
namespace {

class Semaphore {
 public:
  Semaphore() {
    if (sem_init(&semaphore_, 0, 0) != 0) fail("sem_init");
  }
  ~Semaphore() { sem_destroy(&semaphore_); }
  void post() { sem_post(&semaphore_); }
  void wait() {
    while (sem_wait(&semaphore_) != 0) {  // interrupted
    }
  }

 private:
  sem_t semaphore_;
};

// Whose turn it is, under one mutex.
class Turn {
 public:
  void pass_to(int player) {
    {
      const std::lock_guard lock(mutex_);
      player_ = player;
    }
    changed_[player].notify_one();
  }
  void await(int player) {
    std::unique_lock lock(mutex_);
    changed_[player].wait(lock, [&] { return player_ == player; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_[2];
  int player_ = 0;
};

}  // namespace

// A lock that the other thread releases, there and back again: what a contended mutex comes down to.
Count semaphore_pingpong(const Settings& settings) {
  Semaphore there, back;
  std::atomic<bool> stop = false;
  std::thread partner([&] {
    for (there.wait(); !stop; there.wait()) back.post();
  });
  const Count count = repeat(settings, 20, [&] {
    there.post();
    back.wait();
  });
  stop = true;
  there.post();
  partner.join();
  return count;
}

// There and back again.
Count condvar_pingpong(const Settings& settings) {
  Turn turn;
  std::atomic<bool> stop = false;
  std::thread partner([&] {
    for (turn.await(1); !stop; turn.await(1)) turn.pass_to(0);
  });
  const Count count = repeat(settings, 20, [&] {
    turn.pass_to(1);
    turn.await(0);
  });
  stop = true;
  turn.pass_to(1);
  partner.join();
  return count;
}

// All threads want the same mutex all the time.
Count contended_mutex(const Settings& settings) {
  std::mutex mutex;
  uint64_t counter = 0;
  return repeat_in_threads(settings, 100, [&](unsigned) {
    return [&] {
      const std::lock_guard lock(mutex);
      counter = counter * 5 + 1;
    };
  });
}

Count create_and_join(const Settings& settings) {
  return repeat(settings, 10, [] { std::thread([] {}).join(); });
}

}  // namespace scone::bench
