// What the model must not change for the host's own code, and threads that come and go.
#include <signal.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "host/device/soft/exceptions.h"
#include "tests/sgx/test_machine.h"

namespace scone::test {
namespace {

constexpr host::soft::SoftOptions kFast{host::soft::Fidelity::kFast, 0};

// SAFETY: meant to fault.
void crash() { asm volatile("movl $1, 8" : : : "memory"); }

TEST(HostCode, StillDiesOfItsOwnFaults) {
  auto crash_attached = [] {
    TestMachine machine(kFast);
    machine.enter(Command::kEcho);
    crash();
  };
  auto crash_elsewhere = [] {
    TestMachine machine(kFast);
    std::thread(crash).join();
  };
  EXPECT_EXIT(crash_attached(), testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(crash_elsewhere(), testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(__builtin_trap(), testing::KilledBySignal(SIGILL), "");
}

TEST(HostCode, SignalsThatOthersSendAreNoFaults) {
  auto raise_attached = [] {
    TestMachine machine(kFast);
    raise(SIGFPE);
  };
  EXPECT_EXIT(raise_attached(), testing::KilledBySignal(SIGFPE), "");
}

int handled;
void handle_and_skip(int, siginfo_t*, void* context) {
  ++handled;
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;  // over ud2
}

TEST(HostCode, EarlierHandlersAreCalled) {
  auto run = [] {
    struct sigaction action {};
    action.sa_sigaction = handle_and_skip;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, nullptr);
    TestMachine machine(kFast);
    asm volatile("ud2");
    exit(handled == 1 ? 0 : 1);
  };
  // In a process of its own, whose device installs its handlers after this one.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(Threads, GiveTheirStacksBackWhenTheyEnd) {
  TestMachine machine(kFast);
  for (int i = 0; i < 600; ++i)
    std::thread([&] { ASSERT_TRUE(machine.device().attach_thread().ok()); }).join();
}

TEST(Threads, AnAttachedThreadOutlivesItsDevice) {
  for (int i = 0; i < 20; ++i) {
    TestMachine machine(kFast);
    EXPECT_EQ(machine.result(Command::kEcho, 1), 2u);
  }
}

TEST(Cost, IsThatOfAnEntryAndAnExit) {
  constexpr uint64_t kCost = 20'000;
  TestMachine machine({host::soft::Fidelity::kFast, kCost});
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 200; ++i) {
    uint64_t begin = __builtin_ia32_rdtsc();
    machine.enter(Command::kEcho);
    least = std::min<uint64_t>(least, __builtin_ia32_rdtsc() - begin);
  }
  EXPECT_GE(least, kCost);
  EXPECT_LT(least, kCost + 2'000);
}

}  // namespace
}  // namespace scone::test
