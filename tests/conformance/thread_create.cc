// Threads: creation, end, identity, stacks, thread-local storage.
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {

thread_local int tls_zero;
thread_local int tls_seven = 7;
std::atomic<int> destroyed;
struct Counted {
  ~Counted() { destroyed++; }
  int value = 3;
};
thread_local Counted tls_object;

void* return_argument(void* argument) { return argument; }

}  // namespace

CASE(create_and_join_200) {
  std::vector<pthread_t> threads(200);
  for (size_t i = 0; i < threads.size(); i++)
    CHECK_EQ(pthread_create(&threads[i], nullptr, return_argument, reinterpret_cast<void*>(i)), 0);
  for (size_t i = 0; i < threads.size(); i++) {
    void* result = nullptr;
    CHECK_EQ(pthread_join(threads[i], &result), 0);
    CHECK_EQ(reinterpret_cast<size_t>(result), i);
  }
}

CASE(create_and_join_one_after_the_other) {
  for (size_t i = 0; i < 1000; i++) {
    pthread_t thread;
    void* result = nullptr;
    CHECK_EQ(pthread_create(&thread, nullptr, return_argument, reinterpret_cast<void*>(i)), 0);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_EQ(reinterpret_cast<size_t>(result), i);
  }
}

CASE(two_hundred_at_the_same_time) {
  pthread_barrier_t all;
  pthread_barrier_init(&all, nullptr, 201);
  std::atomic<int> passed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; i++)
    threads.emplace_back([&] {
      pthread_barrier_wait(&all);
      passed++;
    });
  pthread_barrier_wait(&all);
  for (auto& thread : threads) thread.join();
  CHECK_EQ(passed.load(), 200);
  pthread_barrier_destroy(&all);
}

CASE(thread_ids_differ) {
  std::atomic<pid_t> ids[8];
  pthread_barrier_t all;
  pthread_barrier_init(&all, nullptr, 8);
  std::vector<std::thread> threads;
  for (auto& id : ids)
    threads.emplace_back([&] {
      id = gettid();
      pthread_barrier_wait(&all);
    });
  for (auto& thread : threads) thread.join();
  std::set<pid_t> distinct(std::begin(ids), std::end(ids));
  CHECK_EQ(distinct.size(), 8);
  CHECK_EQ(distinct.count(getpid()), 0);
  CHECK_EQ(gettid(), getpid());
}

CASE(thread_local_variables_are_separate) {
  tls_zero = 1;
  tls_seven = 1;
  int zero = -1, seven = -1;
  void* address = nullptr;
  std::thread([&] {
    zero = tls_zero;
    seven = tls_seven;
    address = &tls_zero;
    tls_zero = 99;
  }).join();
  CHECK_EQ(zero, 0);
  CHECK_EQ(seven, 7);
  CHECK(address != &tls_zero);
  CHECK_EQ(tls_zero, 1);
}

CASE(thread_local_objects_are_destroyed) {
  destroyed = 0;
  std::thread([] { tls_object.value++; }).join();
  CHECK_EQ(destroyed.load(), 1);
}

CASE(key_destructors_run) {
  static std::atomic<int> runs;
  runs = 0;
  pthread_key_t key;
  CHECK_EQ(pthread_key_create(&key, [](void* value) { runs += static_cast<int>(reinterpret_cast<intptr_t>(value)); }), 0);
  std::thread([&] { pthread_setspecific(key, reinterpret_cast<void*>(5)); }).join();
  CHECK_EQ(runs.load(), 5);
  pthread_key_delete(key);
}

CASE(detached_threads_end) {
  static std::atomic<int> ended;
  ended = 0;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  for (int i = 0; i < 50; i++) {
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, &attributes, [](void*) -> void* { ended++; return nullptr; }, nullptr), 0);
  }
  for (int i = 0; i < 500 && ended < 50; i++) support::sleep_ms(10);
  CHECK_EQ(ended.load(), 50);
  pthread_attr_destroy(&attributes);
}

CASE(stack_attributes_are_true) {
  static size_t size;
  static bool inside;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK_EQ(pthread_attr_setstacksize(&attributes, 1 << 20), 0);
  pthread_t thread;
  auto body = [](void*) -> void* {
    pthread_attr_t own;
    void* base;
    char here;
    pthread_getattr_np(pthread_self(), &own);
    pthread_attr_getstack(&own, &base, &size);
    inside = &here >= base && &here < static_cast<char*>(base) + size;
    pthread_attr_destroy(&own);
    return nullptr;
  };
  CHECK_EQ(pthread_create(&thread, &attributes, body, nullptr), 0);
  CHECK_EQ(pthread_join(thread, nullptr), 0);
  CHECK(inside);
  CHECK_EQ(size, 1 << 20);
  pthread_attr_destroy(&attributes);
}

CASE(main_thread_stack_is_large_and_known) {
  pthread_attr_t own;
  void* base;
  size_t size;
  CHECK_EQ(pthread_getattr_np(pthread_self(), &own), 0);
  CHECK_EQ(pthread_attr_getstack(&own, &base, &size), 0);
  char here;
  CHECK(&here >= base && &here < static_cast<char*>(base) + size);
  pthread_attr_destroy(&own);
  // Four MiB below must be usable: the default limit is eight.
  volatile char deep[4 << 20];
  for (size_t i = 0; i < sizeof deep; i += 4096) deep[sizeof deep - 1 - i] = 1;
  CHECK_EQ(deep[sizeof deep - 1], 1);
}

CASE(a_stack_of_the_programs_own) {
  constexpr size_t kSize = 256 << 10;
  void* stack = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(stack != MAP_FAILED);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK_EQ(pthread_attr_setstack(&attributes, stack, kSize), 0);
  pthread_t thread;
  auto body = [](void*) -> void* {
    return __builtin_frame_address(0);
  };
  void* address = nullptr;
  CHECK_EQ(pthread_create(&thread, &attributes, body, nullptr), 0);
  CHECK_EQ(pthread_join(thread, &address), 0);
  CHECK(address >= stack && address < static_cast<char*>(stack) + kSize);
  pthread_attr_destroy(&attributes);
  munmap(stack, kSize);
}

CASE(names_of_threads) {
  char name[16] = "";
  CHECK_EQ(pthread_setname_np(pthread_self(), "renamed"), 0);
  CHECK_EQ(pthread_getname_np(pthread_self(), name, sizeof name), 0);
  CHECK_EQ(strcmp(name, "renamed"), 0);
}

CASE(thousand_yields_between_threads) {
  std::atomic<int> turns = 0;
  auto body = [&] {
    for (int i = 0; i < 1000; i++) {
      turns++;
      sched_yield();
    }
  };
  std::thread first(body), second(body);
  first.join();
  second.join();
  CHECK_EQ(turns.load(), 2000);
}
