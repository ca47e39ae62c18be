// Asynchronous exits: whatever a signal interrupts, the enclave does not notice.
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "tests/sgx/interval_timer.h"
#include "tests/sgx/test_machine.h"

namespace scone::test {
namespace {

constexpr uint64_t kPage = sgx::kPageSize;
constexpr uint64_t kHeap = 0x5000'0000;

TestMachine* interrupted_machine;
std::atomic<uint64_t> interrupts_inside, interrupts_outside;
thread_local uint32_t ethread_of_thread;
thread_local Arguments* tick_arguments;

// What a runner does at a tick: a nested entry at CSSA 1, then back.
void on_tick(int, siginfo_t*, void* context) {
  auto& device = interrupted_machine->device();
  if (!device.interrupted_enclave(context)) {
    interrupts_outside++;
    return;
  }
  interrupts_inside++;
  host::EnclaveRun run{};
  run.tcs = interrupted_machine->tcs(ethread_of_thread);
  int error = device.enter(static_cast<uint64_t>(Command::kTick), reinterpret_cast<uint64_t>(tick_arguments),
                           0, sgx::kEenter, 0, 0, run);
  if (error || run.function != sgx::kEexit) abort();
}

class Interrupts : public BothFidelities {
 protected:
  static constexpr int kSignal = SIGUSR1;
  Interrupts() : machine(options(), 2) {
    interrupted_machine = &machine;
    tick_arguments = new Arguments{};
    interrupts_inside = interrupts_outside = 0;
    EXPECT_TRUE(machine.device().install_async_handler(kSignal, on_tick, 0).ok());
  }
  ~Interrupts() override { delete tick_arguments; }
  TestMachine machine;
};

TEST_P(Interrupts, AComputationHasTheSameResultUnderAStormOfThem) {
  constexpr uint64_t kRounds = 60'000'000;
  machine.arguments().in[0] = kRounds;
  machine.run_command(Command::kCompute);
  uint64_t calm = machine.arguments().out[0];
  EXPECT_EQ(machine.arguments().out[1], 0u);
  {
    IntervalTimer storm(kSignal, 100);
    machine.run_command(Command::kCompute);
  }
  EXPECT_EQ(machine.arguments().out[0], calm);
  EXPECT_EQ(machine.arguments().out[1], 0u) << "a vector register or MXCSR was lost";
  EXPECT_GT(interrupts_inside, 100u);
  EXPECT_EQ(tick_arguments->out[15], interrupts_inside);
}

// Hits entry and exit code, the gate, fault handlers and leaves rather than the enclave's own instructions.
TEST_P(Interrupts, TransitionsFaultsAndLeavesSurviveAStorm) {
  IntervalTimer storm(kSignal, 30);
  const uint64_t pending_rw =
      sgx::make_sec_info(sgx::kSecInfoR | sgx::kSecInfoW | sgx::kSecInfoPending, sgx::kPtReg).flags;
  Arguments& a = machine.arguments();
  for (uint64_t round = 0; round < 1500 || interrupts_inside < 50; ++round) {
    a.in[0] = round;
    ASSERT_EQ(machine.run_command(Command::kEcho), 0);
    ASSERT_EQ(a.out[0], round + 1);
    ASSERT_EQ(machine.result(Command::kDivide, round, 0), kSkipped);
    uint64_t page = kHeap + round * kPage;
    a.in[0] = page;
    a.in[1] = round & 0xff;
    a.in[6] = pending_rw;
    ASSERT_EQ(machine.run_command(Command::kWrite, Command::kAcceptFault), 1) << round;
    ASSERT_EQ(machine.pages(sgx::kEmodpe, sgx::make_sec_info(sgx::kSecInfoX, sgx::kPtReg).flags, page, 0, 1),
              0u);
    ASSERT_EQ(machine.result(Command::kRead, page), round & 0xff);
    ASSERT_EQ(machine.result(Command::kExecute, static_cast<uint64_t>(Instruction::kSyscall)), kSkipped);
  }
  EXPECT_GT(interrupts_outside, 0u);
}

TEST_P(Interrupts, TwoThreadsInsideAreInterruptedIndependently) {
  constexpr uint64_t kRounds = 30'000'000;
  machine.arguments().in[0] = kRounds;
  machine.run_command(Command::kCompute);
  const uint64_t calm = machine.arguments().out[0];
  std::vector<std::thread> threads;
  std::vector<Arguments> arguments(2), ticks(2);
  for (uint32_t i = 0; i < 2; ++i)
    threads.emplace_back([&, i] {
      ethread_of_thread = i;
      tick_arguments = &ticks[i];
      ASSERT_TRUE(machine.device().attach_thread().ok());
      IntervalTimer storm(kSignal, 100);
      arguments[i].in[0] = kRounds;
      host::EnclaveRun run{};
      run.tcs = machine.tcs(i);
      ASSERT_EQ(machine.device().enter(static_cast<uint64_t>(Command::kCompute),
                                       reinterpret_cast<uint64_t>(&arguments[i]), 0, sgx::kEenter, 0, 0, run),
                0);
      EXPECT_EQ(run.function, sgx::kEexit);
    });
  for (auto& thread : threads) thread.join();
  for (uint32_t i = 0; i < 2; ++i) {
    EXPECT_EQ(arguments[i].out[0], calm);
    EXPECT_EQ(arguments[i].out[1], 0u);
    EXPECT_GT(ticks[i].out[15], 50u);
  }
}

TEST_P(Interrupts, ATcsInUseCannotBeEnteredByAnotherThread) {
  std::atomic<bool> started = false;
  machine.arguments().in[0] = 200'000'000;
  std::thread other([&] {
    ethread_of_thread = 0;
    ASSERT_TRUE(machine.device().attach_thread().ok());
    host::EnclaveRun run{};
    run.tcs = machine.tcs();
    started = true;
    machine.device().enter(static_cast<uint64_t>(Command::kCompute),
                           reinterpret_cast<uint64_t>(&machine.arguments()), 0, sgx::kEenter, 0, 0, run);
  });
  while (!started) std::this_thread::yield();
  usleep(20'000);
  host::EnclaveRun run{};
  run.tcs = machine.tcs();
  ASSERT_EQ(machine.device().enter(0, 0, 0, sgx::kEenter, 0, 0, run), 0);
  EXPECT_EQ(run.function, sgx::kEenter);
  EXPECT_EQ(run.exception_vector, sgx::kVectorGp);
  other.join();
}

TEST_P(Interrupts, FaultSignalsBelongToTheDevice) {
  EXPECT_EQ(machine.device().install_async_handler(SIGSEGV, on_tick, 0).error(), Errno(EINVAL));
  EXPECT_EQ(machine.device().install_async_handler(0, on_tick, 0).error(), Errno(EINVAL));
}

SCONE_BOTH_FIDELITIES(Interrupts);

}  // namespace
}  // namespace scone::test
