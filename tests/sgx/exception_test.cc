// Exceptions inside: what the host and the enclave are told, and how the enclave goes on.
#include <cpuid.h>
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

constexpr uint16_t kSysenterBytes = 0x340f;

// SAFETY: the model's enclave memory can be read from outside; `address` is one that the enclave executed.
uint16_t instruction_at(uint64_t address) { return *reinterpret_cast<const uint16_t*>(address); }

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
  const mode_t before = umask(022);
  for (Instruction i : {Instruction::kSyscall, Instruction::kInt80, Instruction::kUd2}) {
    machine.arguments().out[11] = 0;
    EXPECT_EQ(machine.result(Command::kExecute, static_cast<uint64_t>(i)), kSkipped) << static_cast<int>(i);
    EXPECT_EQ(told(machine.arguments()).vector, sgx::kVectorUd) << static_cast<int>(i);
    EXPECT_EQ(machine.run().function, sgx::kEexit);
  }
  EXPECT_EQ(umask(before), 022u);
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

// As on silicon after an entry that did not opt in to debugging.
TEST_P(Exceptions, ABreakpointIsUndefinedAtItsOwnAddress) {
  TestMachine machine(options());
  EXPECT_EQ(machine.result(Command::kExecute, static_cast<uint64_t>(Instruction::kInt3)), kSkipped);
  EXPECT_EQ(told(machine.arguments()).vector, sgx::kVectorUd);
  EXPECT_EQ(machine.result(Command::kRead, machine.arguments().out[11]), 0xccu);
}

// It looks to the kernel like a 32-bit program's call from the vDSO. Where it was executed is lost, and most registers with it, so
// that the enclave can only give up the thread.
TEST_P(Exceptions, SysenterIsUndefined) {
  constexpr uint64_t kStack = 0x2000'0000;
  const mode_t before = umask(022);
  for (bool stack_is_readable : {false, true}) {
    TestMachine machine(options());
    Arguments& a = machine.arguments();
    const uint64_t pending_rw =
        sgx::make_sec_info(sgx::kSecInfoR | sgx::kSecInfoW | sgx::kSecInfoPending, sgx::kPtReg).flags;
    if (stack_is_readable) machine.pages(sgx::kEaccept, pending_rw, kStack, 0, 1);
    a.in[0] = static_cast<uint64_t>(Instruction::kSysenter);
    a.in[1] = kStack + 64;
    ASSERT_EQ(machine.enter(Command::kExecute), 0);
    EXPECT_EQ(machine.run().function, sgx::kEresume);
    EXPECT_EQ(machine.run().exception_vector, sgx::kVectorUd);
    ASSERT_EQ(machine.enter(Command::kLookOnly), 0);
    EXPECT_EQ(told(a).vector, sgx::kVectorUd);
    // AMD's processors know no SYSENTER in 64-bit mode and raise #UD at the instruction themselves; after Intel's, RIP is lost.
    const bool at_instruction = a.out[11] != 0 && instruction_at(a.out[11]) == kSysenterBytes;
    EXPECT_TRUE(a.out[11] == 0 || at_instruction) << std::hex << a.out[11];
  }
  EXPECT_EQ(umask(before), 022u);
}

TEST_P(Exceptions, HostCodeKeepsItsSystemCallsAndCpuid) {
  TestMachine machine(options());
  EXPECT_EQ(syscall(SYS_getpid), getpid());
  timespec time;
  EXPECT_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);  // a system call from the vDSO
  unsigned a, b, c, d;
  EXPECT_TRUE(__get_cpuid(0, &a, &b, &c, &d));
  EXPECT_GE(a, 7u);
  void* library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);  // system calls from the dynamic linker
  if (library) dlclose(library);
}

SCONE_BOTH_FIDELITIES(Exceptions);

}  // namespace
}  // namespace scone::test
