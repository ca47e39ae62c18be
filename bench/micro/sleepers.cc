// Many threads that sleep most of the time.
#include <pthread.h>

#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <mutex>

#include "bench/micro/benchmark.h"

namespace scone::bench {
namespace {

// 10,000 threads that wake up ten times a second are as many as a core can serve.
constexpr timespec kNap = {.tv_sec = 0, .tv_nsec = 100'000'000};
constexpr size_t kStack = 64 << 10;  // bytes: 10,000 of them must fit

class Dormitory {
 public:
  // The body of a thread. It waits for open(): threads that wake up all the time would keep others from being made.
  void stay() {
    {
      std::unique_lock lock(mutex_);
      opened_.wait(lock, [&] { return open_; });
    }
    uint64_t wakeups = 0;
    while (!closed_) {
      clock_nanosleep(CLOCK_MONOTONIC, 0, &kNap, nullptr);
      ++wakeups;
    }
    wakeups_ += wakeups;
  }

  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void close() { closed_ = true; }
  uint64_t wakeups() const { return wakeups_; }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;  // guarded by mutex_
  std::atomic<bool> closed_ = false;
  std::atomic<uint64_t> wakeups_ = 0;
};

void* sleeper(void* dormitory) {
  static_cast<Dormitory*>(dormitory)->stay();
  return nullptr;
}

}  // namespace

// An operation is a thread that wakes up. With few threads the clock bounds their number, and the processor time of each
// is what counts.
Count sleepers(const Settings& settings) {
  Dormitory dormitory;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  std::vector<pthread_t> threads(settings.threads);
  for (pthread_t& thread : threads)
    if ((errno = pthread_create(&thread, &attributes, sleeper, &dormitory)) != 0) fail("pthread_create");
  const Stopwatch watch(settings.seconds);
  dormitory.open();
  while (watch.running()) clock_nanosleep(CLOCK_MONOTONIC, 0, &kNap, nullptr);
  dormitory.close();
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  return watch.count(dormitory.wakeups());
}

}  // namespace scone::bench
