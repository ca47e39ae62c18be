// The device that fails on purpose.
#include "host/device/fault/fault_device.h"

#include <cerrno>

#include "tests/sgx/test_machine.h"

namespace scone::test {
namespace {

using host::fault::FaultPlan;
using host::fault::Step;

class FaultInjection : public BothFidelities {
 protected:
  std::unique_ptr<host::EnclaveDevice> device(host::fault::FaultOptions fault_options = {}) {
    return make_fault_device(host::soft::make_soft_device(options()), plan, fault_options);
  }
  FaultPlan plan;
};

TEST_P(FaultInjection, ChangesNothingByItself) {
  TestMachine machine(device());
  EXPECT_EQ(machine.result(Command::kEcho, 1), 2u);
}

TEST_P(FaultInjection, RefusesTheCallThatThePlanNames) {
  plan.refuse(Step::kAddPages, ENOMEM, 2);
  auto refusing = device();
  std::string error;
  auto built = open_test_enclave().build(*refusing, {}, error);
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error(), Errno(ENOMEM));
  EXPECT_EQ(error, "cannot add the enclave's pages: Cannot allocate memory");
}

TEST_P(FaultInjection, RefusesOnlyAsOftenAsPlanned) {
  TestMachine machine(device());
  plan.refuse(Step::kEnter, EINTR, 1, 1);
  EXPECT_EQ(machine.enter(Command::kEcho), 0);
  EXPECT_EQ(machine.enter(Command::kEcho), -EINTR);
  EXPECT_EQ(machine.enter(Command::kEcho), 0);
}

TEST_P(FaultInjection, LostMemoryFaultsAtEveryEntry) {
  TestMachine machine(device());
  plan.lose_memory();
  ASSERT_EQ(machine.enter(Command::kEcho), 0);
  EXPECT_EQ(machine.run().function, sgx::kEenter);
  EXPECT_EQ(machine.run().exception_vector, sgx::kVectorPf);
  EXPECT_EQ(machine.device().remove_pages(0x10000, 0x1000).error(), Errno(EFAULT));
}

TEST_P(FaultInjection, AStormOfExitsGoesUnnoticed) {
  TestMachine machine(device({50'000, SIGUSR2}));
  machine.arguments().in[0] = 20'000'000;
  machine.run_command(Command::kCompute);
  uint64_t first = machine.arguments().out[0];
  machine.run_command(Command::kCompute);
  EXPECT_EQ(machine.arguments().out[0], first);
  EXPECT_EQ(machine.arguments().out[1], 0u);
}

SCONE_BOTH_FIDELITIES(FaultInjection);

}  // namespace
}  // namespace scone::test
