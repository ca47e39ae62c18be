// Dynamic memory: EAUG, EACCEPT, EMODPE, EACCEPTCOPY, restriction, trimming and removal.
#include <cerrno>

#include "tests/sgx/test_machine.h"

namespace scone::test {
namespace {

constexpr uint64_t kPage = sgx::kPageSize;
constexpr uint64_t kHeap = 0x4000'0000;
constexpr uint64_t kReadWrite = sgx::kSecInfoR | sgx::kSecInfoW;

uint64_t reg(uint64_t flags) { return sgx::make_sec_info(flags, sgx::kPtReg).flags; }
uint64_t trim() { return sgx::make_sec_info(sgx::kSecInfoModified, sgx::kPtTrim).flags; }

class Pages : public BothFidelities {
 protected:
  Pages() : machine(options()) {}
  uint64_t accept(uint64_t page, uint64_t count) {
    return machine.pages(sgx::kEaccept, reg(kReadWrite | sgx::kSecInfoPending), page, 0, count);
  }
  bool readable(uint64_t address) { return machine.result(Command::kRead, address) != kSkipped; }
  bool writable(uint64_t address) { return machine.result(Command::kWrite, address, 1) != kSkipped; }
  TestMachine machine;
};

TEST_P(Pages, AreAcceptedInRanges) {
  EXPECT_EQ(accept(kHeap, 300), sgx::kSuccess);
  EXPECT_TRUE(writable(kHeap));
  EXPECT_TRUE(writable(kHeap + 299 * kPage));
  EXPECT_FALSE(writable(kHeap + 300 * kPage));
}

TEST_P(Pages, AreNotAcceptedTwice) {
  EXPECT_EQ(accept(kHeap + 2 * kPage, 1), sgx::kSuccess);
  EXPECT_EQ(accept(kHeap, 4), sgx::kPageAttributesMismatch);
  EXPECT_TRUE(writable(kHeap + kPage)) << "the pages before the one that failed are accepted";
  EXPECT_FALSE(writable(kHeap + 3 * kPage));
}

TEST_P(Pages, AreAcceptedOnlyAsWhatTheyAre) {
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(sgx::kSecInfoRwx | sgx::kSecInfoPending), kHeap, 0, 1),
            sgx::kPageAttributesMismatch);
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(kReadWrite | sgx::kSecInfoPr), kHeap, 0, 1), sgx::kPageAttributesMismatch);
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(kReadWrite), kHeap, 0, 1), kSkipped) << "#GP: no state to accept";
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(kReadWrite | sgx::kSecInfoPending), kHeap + 1, 0, 1), kSkipped) << "#GP: unaligned";
  EXPECT_EQ(accept(kHeap, 1), sgx::kSuccess);
}

TEST_P(Pages, OfTheImageAreNotAvailableToEaccept) {
  EXPECT_EQ(accept(machine.tcs(), 1), sgx::kPageAttributesMismatch);
  EXPECT_EQ(accept(machine.tcs() + kPage, 1), sgx::kPageAttributesMismatch);
}

TEST_P(Pages, GainPermissionsByEmodpe) {
  accept(kHeap, 3);
  machine.result(Command::kWrite, kHeap, 0xb0);  // mov $7, %al; ret
  machine.result(Command::kWrite, kHeap + 1, 0x07);
  machine.result(Command::kWrite, kHeap + 2, 0xc3);
  EXPECT_EQ(machine.result(Command::kCall, kHeap), kSkipped);
  EXPECT_EQ(machine.pages(sgx::kEmodpe, reg(sgx::kSecInfoX), kHeap, 0, 3), sgx::kSuccess);
  EXPECT_EQ(machine.result(Command::kCall, kHeap) & 0xff, 7u);
  EXPECT_TRUE(writable(kHeap + 2 * kPage));
  EXPECT_EQ(machine.pages(sgx::kEmodpe, reg(sgx::kSecInfoX), kHeap + 10 * kPage, 0, 1), kSkipped) << "#PF: absent";
}

TEST_P(Pages, LosePermissionsByTheHostAndTheEnclaveConfirms) {
  accept(kHeap, 2);
  auto restrict_to = [&](uint64_t permissions) {
    return machine.device().restrict_permissions(kHeap, kPage, permissions).ok();
  };
  EXPECT_TRUE(restrict_to(sgx::kSecInfoR));
  EXPECT_TRUE(readable(kHeap));
  EXPECT_FALSE(writable(kHeap));
  EXPECT_TRUE(writable(kHeap + kPage));
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(kReadWrite | sgx::kSecInfoPr), kHeap, 0, 1), sgx::kPageAttributesMismatch);
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(sgx::kSecInfoR | sgx::kSecInfoPr), kHeap, 0, 1), sgx::kSuccess);
  EXPECT_FALSE(restrict_to(sgx::kSecInfoW)) << "W without R";
  EXPECT_EQ(machine.pages(sgx::kEmodpe, reg(kReadWrite), kHeap, 0, 1), sgx::kSuccess);
  EXPECT_TRUE(writable(kHeap));
}

TEST_P(Pages, AreCopiedIntoBeingByEacceptcopy) {
  accept(kHeap, 1);
  machine.result(Command::kWrite, kHeap + 77, 0x77);
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(sgx::kSecInfoR), kHeap + 8 * kPage, kHeap, 1), sgx::kSuccess);
  EXPECT_EQ(machine.result(Command::kRead, kHeap + 8 * kPage + 77), 0x77u);
  EXPECT_FALSE(writable(kHeap + 8 * kPage));
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(sgx::kSecInfoR), kHeap + 8 * kPage, kHeap, 1),
            sgx::kPageAttributesMismatch);
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(sgx::kSecInfoR), kHeap + 9 * kPage, kHeap + kPage, 1), kSkipped)
      << "#PF: the source is absent";
}

TEST_P(Pages, SeveralAreCopiedInOneLoop) {
  accept(kHeap, 3);
  for (uint64_t i = 0; i < 3; ++i) machine.result(Command::kWrite, kHeap + i * kPage, 0x60 + i);
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(kReadWrite), kHeap + 8 * kPage, kHeap, 3), sgx::kSuccess);
  for (uint64_t i = 0; i < 3; ++i) EXPECT_EQ(machine.result(Command::kRead, kHeap + (8 + i) * kPage), 0x60 + i);
}

TEST_P(Pages, AreTrimmedConfirmedRemovedAndComeBackEmpty) {
  accept(kHeap, 2);
  machine.result(Command::kWrite, kHeap, 0x55);
  auto& device = machine.device();
  EXPECT_EQ(device.remove_pages(kHeap, kPage).error(), Errno(EPERM)) << "in use";
  ASSERT_TRUE(device.modify_types(kHeap, kPage, sgx::kPtTrim).ok());
  EXPECT_FALSE(readable(kHeap));
  EXPECT_EQ(device.remove_pages(kHeap, kPage).error(), Errno(EPERM)) << "not confirmed";
  EXPECT_EQ(machine.pages(sgx::kEaccept, trim(), kHeap, 0, 1), sgx::kSuccess);
  EXPECT_FALSE(readable(kHeap));
  ASSERT_TRUE(device.remove_pages(kHeap, kPage).ok());
  EXPECT_TRUE(readable(kHeap + kPage));
  EXPECT_EQ(accept(kHeap, 1), sgx::kSuccess);
  EXPECT_EQ(machine.result(Command::kRead, kHeap), 0u);
}

TEST_P(Pages, TheHostCannotChangeWhatSgxDoesNotAllow) {
  auto& device = machine.device();
  accept(kHeap, 1);
  EXPECT_EQ(device.modify_types(kHeap, kPage, sgx::kPtReg).error(), Errno(EINVAL));
  EXPECT_EQ(device.modify_types(kHeap + kPage, kPage, sgx::kPtTrim).error(), Errno(EFAULT)) << "absent";
  EXPECT_EQ(device.restrict_permissions(machine.tcs(), kPage, sgx::kSecInfoR).error(), Errno(EINVAL)) << "a TCS";
  EXPECT_EQ(device.restrict_permissions(kHeap, kPage + 1, sgx::kSecInfoR).error(), Errno(EINVAL));
  EXPECT_EQ(device.remove_pages(machine.parameters().enclave_size, kPage).error(), Errno(EINVAL));
}

TEST_P(Pages, ATrimmedTcsCanNoLongerBeEntered) {
  ASSERT_TRUE(machine.device().modify_types(machine.tcs(), kPage, sgx::kPtTrim).ok());
  ASSERT_EQ(machine.enter(Command::kEcho), 0);
  EXPECT_EQ(machine.run().function, sgx::kEenter);
  EXPECT_EQ(machine.run().exception_vector, sgx::kVectorPf);
}

SCONE_BOTH_FIDELITIES(Pages);

}  // namespace
}  // namespace scone::test
