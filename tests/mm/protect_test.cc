// mprotect: rights in the EPCM, host calls, holes, shared files.
#include "tests/mm/space_fixture.h"

namespace scone::mm {
namespace {

class Protect : public testing::Test {
 protected:
  int protect(uint64_t address, uint64_t pages, int prot) {
    return error_of(s_.space.mprotect(address, pages * kPage, prot));
  }
  Space s_;
};

TEST_F(Protect, TakesRightsFromPagesThatAreThere) {
  const uint64_t address = s_.map_anonymous(4);
  s_.store(address, 5);
  ASSERT_EQ(protect(address, 4, PROT_READ), 0);
  EXPECT_EQ(s_.epc.prot(address), Prot::kRead);
  EXPECT_EQ(s_.touch(address, Access::kWrite), FaultOutcome::kSegvAccErr);
  EXPECT_EQ(s_.load(address), 5);
  ASSERT_EQ(protect(address, 4, PROT_NONE), 0);
  EXPECT_EQ(s_.epc.prot(address), Prot::kNone);
  EXPECT_EQ(s_.touch(address, Access::kRead), FaultOutcome::kSegvAccErr);
  ASSERT_EQ(protect(address, 4, kRw), 0);
  s_.store(address + 1, 6);
  EXPECT_EQ(s_.load(address), 5);
}

TEST_F(Protect, PagesThatAreNotThereCostNoOperation) {
  const uint64_t address = s_.map_anonymous(1000, PROT_NONE);
  ASSERT_EQ(protect(address, 500, kRw), 0);
  ASSERT_EQ(protect(address, 500, PROT_READ), 0);
  EXPECT_EQ(s_.epc.extends + s_.epc.restricts, 0);
}

TEST_F(Protect, AddingRightsNeedsNoHostCall) {
  const uint64_t address = s_.map_anonymous(16, PROT_READ);
  s_.load(address);
  ASSERT_EQ(protect(address, 16, kRw), 0);
  EXPECT_EQ(s_.epc.restricts, 0);
  EXPECT_EQ(s_.epc.extends, 1);
  s_.store(address, 1);
}

TEST_F(Protect, ExchangingRightsEndsWithExactlyTheNewOnes) {
  const uint64_t address = s_.map_anonymous(16);
  s_.store(address, 0xc3);
  ASSERT_EQ(protect(address, 16, PROT_READ | PROT_EXEC), 0);  // what a just-in-time compiler does
  EXPECT_EQ(s_.epc.prot(address), kReadExecute);
  EXPECT_EQ(s_.touch(address, Access::kExecute), FaultOutcome::kResolved);
  EXPECT_EQ(s_.touch(address, Access::kWrite), FaultOutcome::kSegvAccErr);
  ASSERT_EQ(protect(address, 16, kRw), 0);
  EXPECT_EQ(s_.touch(address, Access::kExecute), FaultOutcome::kSegvAccErr);
}

TEST_F(Protect, SplitsAndMerges) {
  const uint64_t address = s_.map_anonymous(10, kRw, MAP_FIXED, s_.epc.begin() + 10 * kPage);
  ASSERT_EQ(protect(address + 3 * kPage, 2, PROT_READ), 0);
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-13 rw-p", "13-15 r--p", "15-20 rw-p"}));
  ASSERT_EQ(protect(address, 10, PROT_READ), 0);
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-20 r--p"}));
}

TEST_F(Protect, AHoleIsAnErrorAfterWhatLiesBelowIsChanged) {
  const uint64_t address = s_.map_anonymous(10, kRw, MAP_FIXED, s_.epc.begin() + 10 * kPage);
  ASSERT_TRUE(s_.space.munmap(address + 5 * kPage, kPage).ok());
  EXPECT_EQ(protect(address, 10, PROT_READ), ENOMEM);
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-15 r--p", "16-20 rw-p"}));
  EXPECT_EQ(protect(address + 5 * kPage, 2, PROT_READ), ENOMEM);
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-15 r--p", "16-20 rw-p"}));
}

TEST_F(Protect, RefusesBadArguments) {
  const uint64_t address = s_.map_anonymous(2);
  EXPECT_EQ(error_of(s_.space.mprotect(address + 1, kPage, kRw)), EINVAL);
  EXPECT_EQ(error_of(s_.space.mprotect(address, kPage, 0x80)), EINVAL);
  EXPECT_EQ(error_of(s_.space.mprotect(address, kPage, PROT_GROWSDOWN | PROT_GROWSUP | kRw)), EINVAL);
  EXPECT_EQ(error_of(s_.space.mprotect(address, kPage, PROT_GROWSDOWN | kRw)), EINVAL);
  EXPECT_EQ(error_of(s_.space.mprotect(address, UINT64_MAX, kRw)), ENOMEM);
  EXPECT_EQ(error_of(s_.space.mprotect(address, 0, kRw)), 0);
}

TEST_F(Protect, AStackIsChangedDownToItsBeginning) {
  const uint64_t address = s_.must_map({.address = s_.epc.begin() + 10 * kPage,
                                        .length = 20 * kPage,
                                        .prot = kRw,
                                        .flags = kAnonymous | MAP_FIXED,
                                        .kind = VmaKind::kStack});
  ASSERT_EQ(protect(address + 19 * kPage, 1, kRw | PROT_EXEC | PROT_GROWSDOWN), 0);
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-30 rwxp [stack]"}));
}

TEST_F(Protect, ASharedFileOpenedForReadingStaysReadOnly) {
  FakeFile file = patterned_file(4 * kPage);
  const uint64_t address = s_.must_map({.length = 4 * kPage,
                                        .prot = PROT_READ,
                                        .flags = MAP_SHARED,
                                        .backing = backing_of(file),
                                        .may_write = false});
  EXPECT_EQ(protect(address, 4, kRw), EACCES);
  EXPECT_EQ(protect(address, 4, PROT_NONE), 0);
}

TEST_F(Protect, StoresToASharedFileSurviveLosingTheRightToWrite) {
  FakeFile file = patterned_file(4 * kPage);
  const uint64_t address =
      s_.must_map({.length = 4 * kPage, .prot = kRw, .flags = MAP_SHARED, .backing = backing_of(file)});
  s_.store(address + kPage, 200);
  ASSERT_EQ(protect(address, 4, PROT_NONE), 0);
  EXPECT_EQ(file.bytes[kPage], 200);
  ASSERT_EQ(protect(address, 4, kRw), 0);
  EXPECT_EQ(s_.load(address + kPage), 200);
  s_.store(address + kPage, 201);
  ASSERT_TRUE(s_.space.munmap(address, 4 * kPage).ok());
  EXPECT_EQ(file.bytes[kPage], 201);
}

TEST_F(Protect, RightsThatCouldNotBeAddedComeWithTheNextFault) {
  const uint64_t address = s_.map_anonymous(4, PROT_READ, MAP_POPULATE);
  s_.epc.fail_from(0);
  EXPECT_EQ(protect(address, 4, kRw), 0);
  EXPECT_EQ(s_.touch(address, Access::kWrite), FaultOutcome::kNoMemory);
  s_.epc.fail_from(-1);
  s_.store(address, 1);
}

TEST_F(Protect, RightsThatCouldNotBeTakenLeaveTheMappingAsItWas) {
  const uint64_t address = s_.map_anonymous(4, kRw, MAP_POPULATE | MAP_FIXED, s_.epc.begin() + 10 * kPage);
  s_.epc.fail_from(0);
  EXPECT_EQ(protect(address, 4, PROT_READ), ENOMEM);
  s_.epc.fail_from(-1);
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-14 rw-p"}));
  s_.store(address, 1);
}

}  // namespace
}  // namespace scone::mm
