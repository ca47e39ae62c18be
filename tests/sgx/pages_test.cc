// Dynamic memory: EAUG, EACCEPT, EMODPE, EACCEPTCOPY, restriction, trimming and removal.
#include <sys/mman.h>

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
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(kReadWrite | sgx::kSecInfoPr), kHeap, 0, 1),
            sgx::kPageAttributesMismatch);
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(kReadWrite), kHeap, 0, 1), kSkipped)
      << "#GP: no state to accept";
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(kReadWrite | sgx::kSecInfoPending), kHeap + 1, 0, 1), kSkipped)
      << "#GP: unaligned";
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
  EXPECT_EQ(machine.pages(sgx::kEmodpe, reg(sgx::kSecInfoX), kHeap + 10 * kPage, 0, 1), kSkipped)
      << "#PF: absent";
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
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(kReadWrite | sgx::kSecInfoPr), kHeap, 0, 1),
            sgx::kPageAttributesMismatch);
  EXPECT_EQ(machine.pages(sgx::kEaccept, reg(sgx::kSecInfoR | sgx::kSecInfoPr), kHeap, 0, 1), sgx::kSuccess);
  EXPECT_FALSE(restrict_to(sgx::kSecInfoW)) << "W without R";
  EXPECT_EQ(machine.pages(sgx::kEmodpe, reg(kReadWrite), kHeap, 0, 1), sgx::kSuccess);
  EXPECT_TRUE(writable(kHeap));
}

TEST_P(Pages, AreCopiedIntoBeingByEacceptcopy) {
  accept(kHeap, 1);
  machine.result(Command::kWrite, kHeap + 77, 0x77);
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(sgx::kSecInfoR), kHeap + 8 * kPage, kHeap, 1),
            sgx::kSuccess);
  EXPECT_EQ(machine.result(Command::kRead, kHeap + 8 * kPage + 77), 0x77u);
  EXPECT_FALSE(writable(kHeap + 8 * kPage));
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(sgx::kSecInfoR), kHeap + 8 * kPage, kHeap, 1),
            sgx::kPageAttributesMismatch);
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(sgx::kSecInfoR), kHeap + 9 * kPage, kHeap + kPage, 1),
            kSkipped)
      << "#PF: the source is absent";
}

TEST_P(Pages, SeveralAreCopiedInOneLoop) {
  accept(kHeap, 3);
  for (uint64_t i = 0; i < 3; ++i) machine.result(Command::kWrite, kHeap + i * kPage, 0x60 + i);
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(kReadWrite), kHeap + 8 * kPage, kHeap, 3), sgx::kSuccess);
  for (uint64_t i = 0; i < 3; ++i)
    EXPECT_EQ(machine.result(Command::kRead, kHeap + (8 + i) * kPage), 0x60 + i);
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
  EXPECT_EQ(device.restrict_permissions(machine.tcs(), kPage, sgx::kSecInfoR).error(), Errno(EINVAL))
      << "a TCS";
  EXPECT_EQ(device.restrict_permissions(kHeap, kPage + 1, sgx::kSecInfoR).error(), Errno(EINVAL));
  EXPECT_EQ(device.remove_pages(machine.parameters().enclave_size, kPage).error(), Errno(EINVAL));
}

TEST_P(Pages, ATrimmedTcsCanNoLongerBeEntered) {
  ASSERT_TRUE(machine.device().modify_types(machine.tcs(), kPage, sgx::kPtTrim).ok());
  ASSERT_EQ(machine.enter(Command::kEcho), 0);
  EXPECT_EQ(machine.run().function, sgx::kEenter);
  EXPECT_EQ(machine.run().exception_vector, sgx::kVectorPf);
}

TEST_P(Pages, ACopyLoopStopsAtTheFirstPageThatCannotBe) {
  accept(kHeap, 2);
  accept(kHeap + 10 * kPage, 1);  // the third target is in use
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(kReadWrite), kHeap + 8 * kPage, kHeap, 3), kSkipped)
      << "the third source is absent";
  EXPECT_TRUE(writable(kHeap + 9 * kPage));
  accept(kHeap + 2 * kPage, 1);
  accept(kHeap + 22 * kPage, 1);
  EXPECT_EQ(machine.pages(sgx::kEacceptcopy, reg(kReadWrite), kHeap + 20 * kPage, kHeap, 3),
            sgx::kPageAttributesMismatch);
  EXPECT_TRUE(writable(kHeap + 21 * kPage));
}

// Host protections are only a cache of the EPCM: losing it all is invisible inside.
TEST_P(Pages, MissesInTheHostsPageTableGoUnnoticed) {
  accept(kHeap, 64);
  machine.result(Command::kWrite, kHeap, 0x5a);
  auto flush = [](uint64_t address, uint64_t size) {
    ASSERT_EQ(mprotect(reinterpret_cast<void*>(address), size, PROT_NONE), 0);
  };
  uint64_t image = abi::image_base(machine.parameters().enclave_size);
  flush(kHeap, 64 * kPage);
  flush(image, 0x4000 + 8 * kPage);  // code, data, TCS, SSA, Ethread block
  Arguments& a = machine.arguments();
  a.in[0] = kHeap;
  EXPECT_EQ(machine.run_command(Command::kRead), 0);
  EXPECT_EQ(a.out[0], 0x5au);
  flush(image, 0x4000 + 8 * kPage);
  EXPECT_EQ(machine.result(Command::kDivide, 1, 0), kSkipped) << "an exit with the SSA missing";
}

// As a program would that looks at its own pages: an access that only the EPCM denies has the SGX bit.
TEST_P(Pages, ACodePageCannotBeWrittenNorATcsBeRead) {
  uint64_t code = abi::image_base(machine.parameters().enclave_size) + kPage;
  EXPECT_TRUE(readable(code));
  EXPECT_FALSE(writable(code));
  EXPECT_TRUE(machine.arguments().out[10] & sgx::kPfSgx);
  EXPECT_FALSE(readable(machine.tcs()));
}

// Every enclave's gate page, if there is one, is beyond the enclave's reach as a page.
TEST_P(Pages, TheLastPageOfTheRangeIsNoSecretDoor) {
  uint64_t last = machine.parameters().enclave_size - kPage;
  bool has_gate = GetParam() == host::soft::Fidelity::kFast;
  EXPECT_EQ(accept(last, 1), has_gate ? kSkipped : uint64_t{sgx::kSuccess});
}

SCONE_BOTH_FIDELITIES(Pages);

}  // namespace
}  // namespace scone::test
