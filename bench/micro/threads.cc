// Threads that wait for each other.
#include <semaphore.h>

#include <barrier>
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

// Some 200 us of a processor's time, then a wait until all the others have done as much.
class Burst {
 public:
  explicit Burst(std::barrier<>& meeting) : meeting_(meeting) {}
  Burst(const Burst&) = delete;
  ~Burst() { meeting_.arrive_and_drop(); }  // who ends keeps nobody waiting
  void operator()() {
    for (int i = 0; i < 150'000; ++i) {
      value_ = value_ * 6364136223846793005 + 1442695040888963407;
      // SAFETY: no code; the compiler must not find out what the loop computes.
      asm volatile("" : "+r"(value_));
    }
    meeting_.arrive_and_wait();
  }

 private:
  std::barrier<>& meeting_;
  uint64_t value_ = 1;
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

Count compute_bursts(const Settings& settings) {
  std::barrier meeting(settings.threads);
  return repeat_in_threads(settings, 1, [&](unsigned) { return Burst(meeting); });
}

Count create_and_join(const Settings& settings) {
  return repeat(settings, 10, [] { std::thread([] {}).join(); });
}

}  // namespace scone::bench
