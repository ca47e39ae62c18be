// EENTER and EEXIT.
#include "tests/sgx/test_machine.h"

namespace scone::test {
namespace {

using host::EnclaveRun;

class Entry : public BothFidelities {};

TEST_P(Entry, PassesArgumentsInAndComesBack) {
  TestMachine machine(options());
  machine.arguments().in[0] = 41;
  ASSERT_EQ(machine.enter(Command::kEcho), 0);
  EXPECT_EQ(machine.run().function, sgx::kEexit);
  const uint64_t* out = machine.arguments().out;
  EXPECT_EQ(out[0], 42u);
  EXPECT_EQ(out[1], 0u);  // CSSA
  EXPECT_EQ(out[2], 0u);
  EXPECT_EQ(out[3], machine.parameters().enclave_size);
  EXPECT_EQ(out[4], 1u);
  EXPECT_EQ(out[5], 0x1d1du);
  EXPECT_EQ(out[6], 0x88u);
  EXPECT_EQ(out[7], 0x99u);
}

TEST_P(Entry, LoadsTheSegmentBasesOfTheTcsAndRestoresTheHosts) {
  thread_local int marker = 7;
  TestMachine machine(options());
  machine.run_command(Command::kReadTls);
  EXPECT_EQ(machine.arguments().out[0], 0u);                                  // OFSBASE is 0
  EXPECT_EQ(machine.arguments().out[1], machine.tcs() + 4 * sgx::kPageSize);  // the Ethread block
  EXPECT_EQ(marker, 7);
}

TEST_P(Entry, RefusesWhatIsNoTcsAndAnUnknownFunction) {
  TestMachine machine(options());
  EnclaveRun run{};
  run.tcs = machine.tcs() + sgx::kPageSize;
  ASSERT_EQ(machine.device().enter(0, 0, 0, sgx::kEenter, 0, 0, run), 0);
  EXPECT_EQ(run.function, sgx::kEenter);
  EXPECT_EQ(run.exception_vector, sgx::kVectorPf);
  EXPECT_EQ(run.exception_addr, run.tcs);
  run.tcs = machine.tcs();
  EXPECT_EQ(machine.device().enter(0, 0, 0, sgx::kEexit, 0, 0, run), -EINVAL);
}

TEST_P(Entry, RefusesToResumeWhereNothingWasInterrupted) {
  TestMachine machine(options());
  ASSERT_EQ(machine.enter(Command::kEcho, sgx::kEresume), 0);
  EXPECT_EQ(machine.run().function, sgx::kEresume);
  EXPECT_EQ(machine.run().exception_vector, sgx::kVectorGp);
}

TEST_P(Entry, EndsAtTheLastSsaFrame) {
  TestMachine machine(options());
  machine.arguments().in[0] = static_cast<uint64_t>(Instruction::kUd2);
  ASSERT_EQ(machine.enter(Command::kExecute), 0);  // CSSA 1
  EXPECT_EQ(machine.run().exception_vector, sgx::kVectorUd);
  ASSERT_EQ(machine.enter(Command::kEcho), 0);
  EXPECT_EQ(machine.arguments().out[1], 1u);
  ASSERT_EQ(machine.enter(Command::kEcho, sgx::kEresume), 0);  // the same exception again
  EXPECT_EQ(machine.run().exception_vector, sgx::kVectorUd);
}

TEST_P(Entry, AThreadThatWasNeverAttachedCannotEnter) {
  auto device = host::soft::make_soft_device(options());
  EnclaveRun run{};
  EXPECT_EQ(device->enter(0, 0, 0, sgx::kEenter, 0, 0, run), -EINVAL);
}

SCONE_BOTH_FIDELITIES(Entry);

}  // namespace
}  // namespace scone::test
