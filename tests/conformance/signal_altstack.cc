// Handlers on alternate stacks.
#include <signal.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {

constexpr size_t kSize = 64 << 10;
char stack[kSize];
void* volatile handler_frame;
volatile int handler_flags;

void on_signal(int) {
  handler_frame = __builtin_frame_address(0);
  stack_t now = {};
  sigaltstack(nullptr, &now);
  handler_flags = now.ss_flags;
}

void catch_on_stack(int flags) {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = flags;
  sigaction(SIGUSR1, &action, nullptr);
  handler_frame = nullptr;
}

bool on(const char* base, const volatile void* address) {
  return address >= base && address < base + kSize;
}

int use(char* base, size_t size = kSize, int flags = 0) {
  stack_t alternate = {};
  alternate.ss_sp = base;
  alternate.ss_size = size;
  alternate.ss_flags = flags;
  return sigaltstack(&alternate, nullptr);
}

}  // namespace

CASE(handler_runs_there) {
  CHECK_EQ(use(stack), 0);
  catch_on_stack(SA_ONSTACK);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK(on(stack, handler_frame));
  CHECK_EQ(handler_flags, SS_ONSTACK);
  stack_t now = {};
  CHECK_EQ(sigaltstack(nullptr, &now), 0);
  CHECK_EQ(now.ss_flags, 0);
  CHECK(now.ss_sp == stack);
  CHECK_EQ(now.ss_size, kSize);
}

CASE(without_the_flag_on_the_own_stack) {
  catch_on_stack(0);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK(!on(stack, handler_frame));
}

CASE(nested_handler_goes_on_below) {
  static void* volatile inner;
  struct sigaction action = {};
  action.sa_flags = SA_ONSTACK;
  action.sa_handler = [](int) { inner = __builtin_frame_address(0); };
  sigaction(SIGUSR2, &action, nullptr);
  action.sa_handler = [](int) {
    handler_frame = __builtin_frame_address(0);
    raise(SIGUSR2);
  };
  sigaction(SIGUSR1, &action, nullptr);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK(on(stack, inner));
  CHECK(inner < handler_frame);
}

CASE(cannot_be_changed_while_in_use) {
  static volatile int result, error;
  struct sigaction action = {};
  action.sa_flags = SA_ONSTACK;
  action.sa_handler = [](int) {
    static char other[kSize];
    result = use(other);
    error = errno;
  };
  sigaction(SIGUSR1, &action, nullptr);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK_EQ(result, -1);
  CHECK_EQ(error, EPERM);
}

CASE(disabled) {
  CHECK_EQ(use(nullptr, 0, SS_DISABLE), 0);
  catch_on_stack(SA_ONSTACK);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK(!on(stack, handler_frame));
  stack_t now = {};
  CHECK_EQ(sigaltstack(nullptr, &now), 0);
  CHECK_EQ(now.ss_flags, SS_DISABLE);
}

CASE(errors) {
  CHECK_ERRNO(use(stack, 100), ENOMEM);
  CHECK_ERRNO(use(stack, kSize, 99), EINVAL);
}

CASE(each_thread_has_its_own) {
  CHECK_EQ(use(stack), 0);
  static thread_local void* volatile frame;
  struct sigaction action = {};
  action.sa_flags = SA_ONSTACK;
  action.sa_handler = [](int) { frame = __builtin_frame_address(0); };
  sigaction(SIGUSR1, &action, nullptr);
  bool inherited = true, own = false;
  std::thread([&] {
    stack_t now = {};
    sigaltstack(nullptr, &now);
    inherited = now.ss_flags != SS_DISABLE;
    std::vector<char> mine(kSize);
    use(mine.data());
    raise(SIGUSR1);
    own = on(mine.data(), frame);
    use(nullptr, 0, SS_DISABLE);
  }).join();
  CHECK(!inherited);
  CHECK(own);
  CHECK_EQ(raise(SIGUSR1), 0);
  CHECK(on(stack, frame));
}

CASE(large_handler_frames_and_vector_registers) {
  CHECK_EQ(use(stack), 0);
  struct sigaction action = {};
  action.sa_flags = SA_ONSTACK;
  action.sa_handler = [](int) {
    volatile double values[64];
    for (int i = 0; i < 64; i++) values[i] = i * 1.5;
    handler_flags = static_cast<int>(values[10]);
  };
  sigaction(SIGUSR1, &action, nullptr);
  double sum = 0;
  for (int i = 0; i < 1000; i++) {
    double before = i * 0.25;
    raise(SIGUSR1);
    sum += before;
  }
  CHECK(sum == 0.25 * 999 * 1000 / 2);
  CHECK_EQ(handler_flags, 15);
}
