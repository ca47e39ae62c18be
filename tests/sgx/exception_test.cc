// Exceptions inside: what the host and the enclave are told, and how the enclave goes on.
#include "tests/sgx/test_machine.h"

namespace scone::test {
namespace {

constexpr uint64_t kUnbacked = 0x1234'5000;

struct Told {
  uint8_t vector, type;
  bool valid;
};

Told told(const Arguments& arguments) {
  sgx::ExitInfo info{static_cast<uint32_t>(arguments.out[8])};
  return {info.vector(), info.type(), info.valid()};
}

class Exceptions : public BothFidelities {};

TEST_P(Exceptions, DivisionByZero) {
  TestMachine machine(options());
  EXPECT_EQ(machine.result(Command::kDivide, 12, 4), 3u);
  EXPECT_EQ(machine.result(Command::kDivide, 12, 0), kSkipped);
  EXPECT_TRUE(told(machine.arguments()).valid);
  EXPECT_EQ(told(machine.arguments()).vector, sgx::kVectorDe);
  EXPECT_EQ(told(machine.arguments()).type, sgx::kExitHardware);
}

TEST_P(Exceptions, AHostAddressThatIsNotMappedFaultsWithItsAddress) {
  TestMachine machine(options());
  machine.arguments().in[0] = 0x7000'0000'0123;
  ASSERT_EQ(machine.enter(Command::kRead), 0);
  EXPECT_EQ(machine.run().function, sgx::kEresume);
  EXPECT_EQ(machine.run().exception_vector, sgx::kVectorPf);
  EXPECT_EQ(machine.run().exception_addr, 0x7000'0000'0000u);
  EXPECT_EQ(machine.enter(Command::kSkip), 0);
  EXPECT_EQ(machine.arguments().out[9], 0x7000'0000'0123u);
  EXPECT_EQ(machine.enter(Command::kSkip, sgx::kEresume), 0);
  EXPECT_EQ(machine.arguments().out[0], kSkipped);
}

TEST_P(Exceptions, AnUnbackedPageFaultsAndIsThereOnceAccepted) {
  TestMachine machine(options());
  Arguments& a = machine.arguments();
  a.in[0] = kUnbacked + 0x123;
  a.in[1] = 0x42;
  a.in[6] = sgx::make_sec_info(sgx::kSecInfoR | sgx::kSecInfoW | sgx::kSecInfoPending, sgx::kPtReg).flags;
  EXPECT_EQ(machine.run_command(Command::kWrite, Command::kAcceptFault), 1);
  EXPECT_EQ(a.out[0], 0u);
  EXPECT_EQ(a.out[13], sgx::kSuccess);
  EXPECT_EQ(a.out[9], kUnbacked + 0x123);
  EXPECT_EQ(a.out[10] & (sgx::kPfWrite | sgx::kPfSgx | sgx::kPfPresent | sgx::kPfUser),
            sgx::kPfWrite | sgx::kPfSgx | sgx::kPfPresent | sgx::kPfUser);
  EXPECT_EQ(machine.result(Command::kRead, kUnbacked + 0x123), 0x42u);
  EXPECT_EQ(machine.result(Command::kRead, kUnbacked + 0x124), 0u);
}

TEST_P(Exceptions, NullPointersFault) {
  TestMachine machine(options());
  EXPECT_EQ(machine.result(Command::kRead, 8), kSkipped);
  EXPECT_EQ(told(machine.arguments()).vector, sgx::kVectorPf);
  EXPECT_EQ(machine.arguments().out[9], 8u);
}

TEST_P(Exceptions, ForbiddenInstructionsAreUndefinedAndNeverReachTheKernel) {
  TestMachine machine(options());
  for (Instruction i : {Instruction::kSyscall, Instruction::kInt80, Instruction::kUd2}) {
    machine.arguments().out[11] = 0;
    EXPECT_EQ(machine.result(Command::kExecute, static_cast<uint64_t>(i)), kSkipped) << static_cast<int>(i);
    EXPECT_EQ(told(machine.arguments()).vector, sgx::kVectorUd) << static_cast<int>(i);
    EXPECT_EQ(machine.run().function, sgx::kEexit);
  }
}

// RIP is that of the instruction, so that a handler can look at it.
TEST_P(Exceptions, ASyscallIsReportedAtItsOwnAddress) {
  TestMachine machine(options());
  machine.result(Command::kExecute, static_cast<uint64_t>(Instruction::kSyscall));
  uint64_t rip = machine.arguments().out[11];
  EXPECT_EQ(machine.result(Command::kRead, rip), 0x0fu);
  EXPECT_EQ(machine.result(Command::kRead, rip + 1), 0x05u);
}

TEST_P(Exceptions, CpuidIsUndefinedWhereTheFidelityIsStrict) {
  TestMachine machine(options());
  uint64_t result = machine.result(Command::kExecute, static_cast<uint64_t>(Instruction::kCpuid));
  if (GetParam() == host::soft::Fidelity::kFast) return;
  if (result == 0) GTEST_SKIP() << "this processor cannot make CPUID fault";
  EXPECT_EQ(told(machine.arguments()).vector, sgx::kVectorUd);
}

TEST_P(Exceptions, PrivilegedInstructionsAndUnknownLeavesAreGeneralProtectionFaults) {
  TestMachine machine(options());
  for (Instruction i : {Instruction::kPrivileged, Instruction::kUnknownLeaf, Instruction::kEnter}) {
    EXPECT_EQ(machine.result(Command::kExecute, static_cast<uint64_t>(i)), kSkipped) << static_cast<int>(i);
    EXPECT_EQ(told(machine.arguments()).vector, sgx::kVectorGp) << static_cast<int>(i);
    EXPECT_TRUE(told(machine.arguments()).valid);
  }
}

TEST_P(Exceptions, BreakpointsAreSoftwareExceptions) {
  TestMachine machine(options());
  EXPECT_EQ(machine.result(Command::kExecute, static_cast<uint64_t>(Instruction::kInt3)), kSkipped);
  EXPECT_EQ(told(machine.arguments()).vector, sgx::kVectorBp);
  EXPECT_EQ(told(machine.arguments()).type, sgx::kExitSoftware);
}

SCONE_BOTH_FIDELITIES(Exceptions);

}  // namespace
}  // namespace scone::test
