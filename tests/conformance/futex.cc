// The futex operations themselves, without a libc in between.
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {

long futex(std::atomic<uint32_t>* word, int operation, uint32_t value, const timespec* timeout = nullptr,
           std::atomic<uint32_t>* word2 = nullptr, uint32_t value3 = 0) {
  return syscall(SYS_futex, word, operation, value, timeout, word2, value3);
}
long futex_n(std::atomic<uint32_t>* word, int operation, uint32_t value, uint64_t count, std::atomic<uint32_t>* word2,
             uint32_t value3 = 0) {
  return syscall(SYS_futex, word, operation, value, count, word2, value3);
}

constexpr int kWait = FUTEX_WAIT | FUTEX_PRIVATE_FLAG;
constexpr int kWake = FUTEX_WAKE | FUTEX_PRIVATE_FLAG;

// Threads that wait on a word until woken; returned() says how many came back.
class Waiters {
 public:
  Waiters(std::atomic<uint32_t>* word, int count, uint32_t bits = FUTEX_BITSET_MATCH_ANY) {
    for (int i = 0; i < count; i++)
      threads_.emplace_back([=, this] {
        waiting_++;
        if (futex(word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, nullptr, nullptr, bits) == 0) returned_++;
      });
    while (waiting_ < count) support::sleep_ms(1);
    support::settle();
  }
  ~Waiters() { join(); }
  int returned() {
    support::settle();
    return returned_;
  }
  void join() {
    for (auto& thread : threads_)
      if (thread.joinable()) thread.join();
  }

 private:
  std::vector<std::thread> threads_;
  std::atomic<int> waiting_ = 0, returned_ = 0;
};

}  // namespace

CASE(wait_with_another_value_is_eagain) {
  std::atomic<uint32_t> word = 1;
  CHECK_ERRNO(futex(&word, kWait, 0), EAGAIN);
  CHECK_ERRNO(futex(&word, FUTEX_WAIT, 0), EAGAIN);
}

CASE(relative_timeout) {
  std::atomic<uint32_t> word = 0;
  timespec timeout = {0, 60000000};
  int64_t start = support::now_ms();
  CHECK_ERRNO(futex(&word, kWait, 0, &timeout), ETIMEDOUT);
  CHECK(support::now_ms() - start >= 55);
  timeout = {0, 0};
  CHECK_ERRNO(futex(&word, kWait, 0, &timeout), ETIMEDOUT);
}

CASE(absolute_timeouts) {
  std::atomic<uint32_t> word = 0;
  timespec when;
  clock_gettime(CLOCK_MONOTONIC, &when);
  int64_t start = support::now_ms();
  when.tv_sec += when.tv_nsec >= 900000000;
  when.tv_nsec = (when.tv_nsec + 100000000) % 1000000000;
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, &when, nullptr, FUTEX_BITSET_MATCH_ANY), ETIMEDOUT);
  CHECK(support::now_ms() - start >= 95);
  clock_gettime(CLOCK_REALTIME, &when);
  when.tv_sec--;
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 0, &when, nullptr,
                    FUTEX_BITSET_MATCH_ANY), ETIMEDOUT);
}

CASE(wrong_arguments) {
  alignas(8) std::atomic<uint32_t> words[2] = {0, 0};
  auto* odd = reinterpret_cast<std::atomic<uint32_t>*>(reinterpret_cast<char*>(words) + 1);
  CHECK_ERRNO(futex(odd, kWait, 0), EINVAL);
  CHECK_ERRNO(futex(odd, kWake, 1), EINVAL);
  timespec bad = {0, 1000000000};
  CHECK_ERRNO(futex(words, kWait, 0, &bad), EINVAL);
  bad = {-1, 0};
  CHECK_ERRNO(futex(words, kWait, 0, &bad), EINVAL);
  CHECK_ERRNO(futex(words, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, nullptr, nullptr, 0), EINVAL);
  CHECK_ERRNO(futex(words, 77, 0), ENOSYS);
  auto* nothing = reinterpret_cast<std::atomic<uint32_t>*>(8);
  CHECK_ERRNO(futex(nothing, kWait, 0), EFAULT);
  CHECK_ERRNO(futex(words, kWait, 0, reinterpret_cast<timespec*>(8)), EFAULT);
}

CASE(wake_says_how_many) {
  std::atomic<uint32_t> word = 0;
  CHECK_EQ(futex(&word, kWake, 10), 0);
  Waiters waiters(&word, 5);
  CHECK_EQ(futex(&word, kWake, 2), 2);
  CHECK_EQ(waiters.returned(), 2);
  CHECK_EQ(futex(&word, kWake, INT32_MAX), 3);
  waiters.join();
  CHECK_EQ(waiters.returned(), 5);
}

CASE(bits_select_the_waiters) {
  std::atomic<uint32_t> word = 0;
  Waiters even(&word, 2, 2), odd(&word, 3, 1);
  CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 10, nullptr, nullptr, 4), 0);
  CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 10, nullptr, nullptr, 2), 2);
  CHECK_EQ(even.returned(), 2);
  CHECK_EQ(odd.returned(), 0);
  CHECK_EQ(futex(&word, kWake, 10), 3);
}

CASE(requeue_moves_waiters) {
  std::atomic<uint32_t> from = 0, to = 0;
  Waiters waiters(&from, 4);
  CHECK_ERRNO(futex_n(&from, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, 10, &to, 99), EAGAIN);
  CHECK_EQ(futex_n(&from, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, 10, &to, 0), 4);
  CHECK_EQ(waiters.returned(), 1);
  CHECK_EQ(futex(&from, kWake, 10), 0);
  CHECK_EQ(futex_n(&to, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, 1, 1, &from), 2);
  CHECK_EQ(waiters.returned(), 2);
  CHECK_EQ(futex(&from, kWake, 10), 1);
  CHECK_EQ(futex(&to, kWake, 10), 1);
}

CASE(wake_op_changes_and_wakes) {
  std::atomic<uint32_t> first = 0, second = 0;
  Waiters on_first(&first, 1), on_second(&second, 1);
  // second: old value 0, add 5; wake its waiters too if the old value was 0.
  uint32_t operation = FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0);
  CHECK_EQ(futex_n(&first, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, &second, operation), 2);
  CHECK_EQ(second.load(), 5);
  operation = FUTEX_OP(FUTEX_OP_SET, 9, FUTEX_OP_CMP_GT, 100);
  CHECK_EQ(futex_n(&first, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, &second, operation), 0);
  CHECK_EQ(second.load(), 9);
}

CASE(shared_and_private_words_in_one_process) {
  std::atomic<uint32_t> word = 0;
  std::atomic<int> result = -1;
  std::thread waiter([&] { result = static_cast<int>(futex(&word, FUTEX_WAIT, 0)); });
  support::settle();
  CHECK_EQ(futex(&word, FUTEX_WAKE, 1), 1);
  waiter.join();
  CHECK_EQ(result.load(), 0);
}

CASE(hand_over_hand_twenty_thousand_times) {
  std::atomic<uint32_t> turn = 0;
  constexpr uint32_t kTurns = 20000;
  auto play = [&](uint32_t mine) {
    for (uint32_t i = mine; i < kTurns; i += 2) {
      for (uint32_t now; (now = turn.load()) != i;) futex(&turn, kWait, now);
      turn = i + 1;
      futex(&turn, kWake, 1);
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  CHECK_EQ(turn.load(), kTurns);
}

CASE(word_in_a_page_not_touched_yet) {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED);
  auto* word = static_cast<std::atomic<uint32_t>*>(page);
  CHECK_ERRNO(futex(word, kWait, 1), EAGAIN);
  munmap(page, 4096);
  CHECK_ERRNO(futex(word, kWait, 1), EFAULT);
}
