#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace scone::bench {

struct Settings {
  double seconds = 4;
  unsigned threads = 1;
  std::string folder = ".";  // where files may be made
};

struct Count {
  uint64_t operations = 0;
  double seconds = 0;
};

uint64_t monotonic_ns();
// Says why on standard error and ends the program with status 1.
[[noreturn]] void fail(const char* what);

// Time from its making on.
class Stopwatch {
 public:
  explicit Stopwatch(double seconds)
      : begin_(monotonic_ns()), end_(begin_ + static_cast<uint64_t>(seconds * 1e9)) {}

  bool running() const { return monotonic_ns() < end_; }
  Count count(uint64_t operations) const {
    return {operations, static_cast<double>(monotonic_ns() - begin_) / 1e9};
  }

 private:
  uint64_t begin_, end_;
};

// Runs `operation` until the time is up. The clock is read once in `batch` operations.
template <typename Operation>
Count repeat(const Settings& settings, unsigned batch, Operation operation) {
  const Stopwatch watch(settings.seconds);
  uint64_t operations = 0;
  while (watch.running()) {
    for (unsigned i = 0; i < batch; ++i) operation();
    operations += batch;
  }
  return watch.count(operations);
}

// The same from settings.threads threads, which start together; `make(i)` gives the operation of thread i.
template <typename Make>
Count repeat_in_threads(const Settings& settings, unsigned batch, Make make) {
  std::atomic<uint64_t> operations = 0;
  std::atomic<unsigned> ready = 0;
  std::atomic<bool> go = false;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < settings.threads; ++i) {
    threads.emplace_back([&, i] {
      auto operation = make(i);
      if (++ready == settings.threads) ready.notify_one();
      go.wait(false);
      operations += repeat(settings, batch, std::ref(operation)).operations;
    });
  }
  for (unsigned now = 0; (now = ready) < settings.threads;) ready.wait(now);
  const Stopwatch watch(settings.seconds);
  go = true;
  go.notify_all();
  for (auto& thread : threads) thread.join();
  return watch.count(operations);
}

struct Benchmark {
  const char* name;
  Count (*run)(const Settings&);
};

// calls.cc
Count getppid_calls(const Settings&);
Count clock_reads(const Settings&);
Count small_writes(const Settings&);
// memory.cc
Count mappings(const Settings&);
Count page_faults(const Settings&);
// channels.cc
Count pipe_pingpong(const Settings&);
Count socketpair_pingpong(const Settings&);
// threads.cc
Count semaphore_pingpong(const Settings&);
Count condvar_pingpong(const Settings&);
Count contended_mutex(const Settings&);
Count compute_bursts(const Settings&);
Count create_and_join(const Settings&);
// sleepers.cc
Count sleepers(const Settings&);

}  // namespace scone::bench
