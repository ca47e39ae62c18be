// A program without an interpreter: static, or linked to a low address.
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {
int initialised = 42;
thread_local int per_thread = 7;
}  // namespace

CASE(data_and_tls) {
  CHECK_EQ(initialised, 42);
  CHECK_EQ(per_thread, 7);
  per_thread = 8;
  int other = 0;
  std::thread([&] { other = per_thread; }).join();
  CHECK_EQ(other, 7);
}

CASE(heap) {
  std::vector<std::string> strings;
  for (int i = 0; i < 10000; i++) strings.push_back(std::to_string(i) + std::string(50, 'x'));
  size_t total = 0;
  for (auto& string : strings) total += string.size();
  CHECK_EQ(total, 10 + 90 * 2 + 900 * 3 + 9000 * 4 + 10000 * 50);
}

CASE(exceptions) {
  int caught = 0;
  for (int i = 0; i < 10; i++) try {
      throw std::runtime_error("static");
    } catch (const std::exception& error) {
      caught += std::string(error.what()) == "static";
    }
  CHECK_EQ(caught, 10);
}

CASE(threads) {
  std::atomic<int> sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; i++) threads.emplace_back([&, i] { sum += i; });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(sum.load(), 190);
}

CASE(files) {
  support::TemporaryDir dir;
  CHECK(support::put_file(dir / "file", "content"));
  CHECK(support::get_file(dir / "file") == "content");
}

CASE(time_passes) {
  int64_t before = support::now_ms();
  support::sleep_ms(50);
  CHECK(support::now_ms() - before >= 49);
}
