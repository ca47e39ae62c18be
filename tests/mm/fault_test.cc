// Demand paging: windows, files, ends of files, shared pages, limits.
#include "tests/mm/space_fixture.h"

namespace scone::mm {
namespace {

class Fault : public testing::Test {
 protected:
  uint64_t map_file(uint64_t pages, int prot, int flags, uint64_t offset = 0) {
    return s_.must_map({.length = pages * kPage,
                        .prot = prot,
                        .flags = flags,
                        .backing = backing_of(file_),
                        .offset = offset});
  }
  Space s_;
  FakeFile file_ = patterned_file(100 * kPage + 300);
};

TEST_F(Fault, NothingIsAcceptedBeforeItIsTouched) {
  const uint64_t address = s_.map_anonymous(1000);
  EXPECT_EQ(s_.space.committed_pages(), 0u);
  EXPECT_EQ(s_.load(address + 123 * kPage), 0);
  EXPECT_EQ(s_.space.committed_pages(), Pager::kFirstWindow);
  EXPECT_EQ(s_.space.faults(), 1u);
}

TEST_F(Fault, SequentialFaultsDoubleTheirWindowUpTo512Pages) {
  const uint64_t pages = 8192;
  const uint64_t address = s_.map_anonymous(pages);
  for (uint64_t i = 0; i < pages; ++i) s_.store(address + i * kPage, 1);
  EXPECT_EQ(s_.space.committed_pages(), pages);
  EXPECT_LE(s_.space.faults(), 6 + pages / Pager::kLargestWindow + 2);
}

TEST_F(Fault, DownwardSequencesAreFollowedToo) {
  const uint64_t pages = 2048;
  const uint64_t address = s_.map_anonymous(pages);
  for (uint64_t i = pages; i-- > 0;) s_.store(address + i * kPage, 1);
  EXPECT_LE(s_.space.faults(), 6 + pages / Pager::kLargestWindow + 2);
}

TEST_F(Fault, ScatteredFaultsStaySmall) {
  const uint64_t address = s_.map_anonymous(16384);
  for (uint64_t i = 0; i < 16384; i += 1000) s_.store(address + i * kPage, 1);
  EXPECT_LE(s_.space.committed_pages(), 17u * Pager::kFirstWindow);
}

TEST_F(Fault, AWindowStaysInsideItsMapping) {
  const uint64_t address = s_.map_anonymous(3, kRw, MAP_FIXED, s_.epc.begin() + 37 * kPage);
  s_.store(address + kPage, 5);
  EXPECT_EQ(s_.space.committed_pages(), 3u);
  s_.expect_consistent();
}

TEST_F(Fault, OutcomesSayWhatIsWrong) {
  const uint64_t address = s_.map_anonymous(1, PROT_READ);
  EXPECT_EQ(s_.touch(address, Access::kWrite), FaultOutcome::kSegvAccErr);
  EXPECT_EQ(s_.touch(address, Access::kExecute), FaultOutcome::kSegvAccErr);
  EXPECT_EQ(s_.touch(address, Access::kRead), FaultOutcome::kResolved);
  EXPECT_EQ(s_.touch(address - kPage, Access::kRead), FaultOutcome::kSegvMapErr);
  EXPECT_EQ(s_.space.fault(0, Access::kRead), FaultOutcome::kSegvMapErr);
  EXPECT_EQ(s_.space.fault(UINT64_MAX, Access::kRead), FaultOutcome::kSegvMapErr);
}

TEST_F(Fault, AFaultThatAnotherThreadResolvedIsResolved) {
  const uint64_t address = s_.map_anonymous(1);
  s_.store(address, 4);
  EXPECT_EQ(s_.space.fault(address, Access::kWrite), FaultOutcome::kResolved);
  EXPECT_EQ(s_.load(address), 4);
}

TEST_F(Fault, WriteOnlyMappingsCanBeReadAsOnX86) {
  const uint64_t address = s_.map_anonymous(1, PROT_WRITE);
  s_.store(address, 3);
  EXPECT_EQ(s_.load(address), 3);
}

TEST_F(Fault, ReadOnlyAnonymousMemoryIsZero) {
  const uint64_t scratch = reinterpret_cast<uint64_t>(s_.scratch.get());
  memset(reinterpret_cast<void*>(scratch), 0xee, kScratchPages * kPage);
  const uint64_t address = s_.map_anonymous(200, PROT_READ, MAP_POPULATE);
  for (uint64_t i = 0; i < 200; ++i) EXPECT_EQ(s_.load(address + i * kPage + 17), 0);
  EXPECT_EQ(s_.epc.restricts, 0) << "no host call is needed";
}

TEST_F(Fault, FilePagesAreReadInChunks) {
  const uint64_t address = map_file(64, PROT_READ, MAP_PRIVATE);
  EXPECT_EQ(file_.reads, 0);
  for (uint64_t i = 0; i < 64; ++i) EXPECT_EQ(s_.load(address + i * kPage + 5), file_.bytes[i * kPage + 5]);
  EXPECT_LE(file_.reads, 4);
  EXPECT_EQ(s_.epc.restricts + s_.epc.trims, 0);
  EXPECT_EQ(s_.touch(address, Access::kWrite), FaultOutcome::kSegvAccErr);
}

TEST_F(Fault, OffsetsIntoTheFileAreRespectedAfterASplit) {
  const uint64_t address = map_file(40, PROT_READ, MAP_PRIVATE, 3 * kPage);
  ASSERT_TRUE(s_.space.munmap(address + 10 * kPage, kPage).ok());
  EXPECT_EQ(s_.load(address + 20 * kPage), file_.bytes[23 * kPage]);
  EXPECT_EQ(s_.load(address + 9 * kPage), file_.bytes[12 * kPage]);
}

TEST_F(Fault, StoresToAPrivateMappingNeverReachTheFile) {
  const auto before = file_.bytes;
  const uint64_t address = map_file(4, kRw, MAP_PRIVATE);
  s_.store(address, 200);
  ASSERT_TRUE(s_.space.msync(address, 4 * kPage, MS_SYNC).ok());
  ASSERT_TRUE(s_.space.munmap(address, 4 * kPage).ok());
  EXPECT_EQ(file_.bytes, before);
  EXPECT_EQ(file_.writes, 0);
}

TEST_F(Fault, TheLastPageIsZeroBeyondTheEnd) {
  memset(s_.scratch.get(), 0xee, kScratchPages * kPage);
  const uint64_t address = map_file(101, PROT_READ, MAP_PRIVATE);
  EXPECT_EQ(s_.load(address + 100 * kPage + 299), file_.bytes.back());
  EXPECT_EQ(s_.load(address + 100 * kPage + 300), 0);
  EXPECT_EQ(s_.load(address + 101 * kPage - 1), 0);
}

TEST_F(Fault, WholePagesBeyondTheEndAreABusErrorUntilTheFileGrows) {
  const uint64_t address = map_file(110, kRw, MAP_SHARED);
  EXPECT_EQ(s_.touch(address + 101 * kPage, Access::kRead), FaultOutcome::kBus);
  EXPECT_EQ(s_.touch(address + 105 * kPage, Access::kWrite), FaultOutcome::kBus);
  file_.bytes.resize(108 * kPage, 9);
  EXPECT_EQ(s_.load(address + 105 * kPage), 9);
}

TEST_F(Fault, AFileThatCannotBeReadIsABusError) {
  const uint64_t address = map_file(4, PROT_READ, MAP_PRIVATE);
  file_.broken = true;
  EXPECT_EQ(s_.touch(address, Access::kRead), FaultOutcome::kBus);
  file_.broken = false;
  EXPECT_EQ(s_.load(address), file_.bytes[0]);
}

// A host that says it read more than fits must not make pages of something else appear.
TEST_F(Fault, AttackFileReadReturnsTooMuch) {
  struct Liar final : Backing {
    Result<size_t> read(uint64_t, uint64_t, size_t length) override { return length * 100; }
    Result<size_t> write(uint64_t, uint64_t, size_t length) override { return length * 100; }
    Result<uint64_t> size() override { return uint64_t{1} << 20; }
    Result<void> sync() override { return ok(); }
    std::string_view name() const override { return "liar"; }
    uint64_t device() const override { return 0; }
    uint64_t inode() const override { return 0; }
  };
  const uint64_t address = s_.must_map(
      {.length = 4 * kPage, .prot = kRw, .flags = MAP_SHARED, .backing = Ref<Backing>::adopt(new Liar)});
  s_.store(address, 1);
  EXPECT_EQ(s_.space.committed_pages(), 4u);
  EXPECT_EQ(error_of(s_.space.msync(address, kPage, MS_SYNC)), EIO);
}

TEST_F(Fault, OnlyStoredToPagesOfASharedFileAreWrittenBack) {
  const uint64_t address = map_file(64, kRw, MAP_SHARED);
  for (uint64_t i = 0; i < 64; ++i) s_.load(address + i * kPage);
  s_.store(address + 7 * kPage, 200);
  s_.store(address + 40 * kPage, 201);
  file_.bytes[9 * kPage] = 123;  // somebody else's write(2): must survive
  ASSERT_TRUE(s_.space.munmap(address, 64 * kPage).ok());
  EXPECT_EQ(file_.writes, 2);
  EXPECT_EQ(file_.bytes[7 * kPage], 200);
  EXPECT_EQ(file_.bytes[40 * kPage], 201);
  EXPECT_EQ(file_.bytes[9 * kPage], 123);
}

TEST_F(Fault, SequentialStoresToASharedFileNeedFewFaults) {
  file_.bytes.resize(1024 * kPage);
  const uint64_t address = map_file(1024, kRw, MAP_SHARED);
  for (uint64_t i = 0; i < 1024; ++i) s_.store(address + i * kPage, 1);
  EXPECT_LE(s_.space.faults(), 60u);
}

TEST_F(Fault, WriteBackStopsAtTheEndOfTheFile) {
  const uint64_t address = map_file(101, kRw, MAP_SHARED);
  s_.store(address + 100 * kPage + 10, 50);
  s_.store(address + 100 * kPage + 2000, 51);  // beyond
  const size_t size = file_.bytes.size();
  file_.largest_write = 100;
  ASSERT_TRUE(s_.space.munmap(address, 101 * kPage).ok());
  EXPECT_EQ(file_.bytes.size(), size);
  EXPECT_EQ(file_.bytes[100 * kPage + 10], 50);
  EXPECT_EQ(file_.writes, 3);
}

TEST_F(Fault, AShrunkFileIsNotGrownByWriteBack) {
  const uint64_t address = map_file(64, kRw, MAP_SHARED);
  s_.store(address + 50 * kPage, 50);
  file_.bytes.resize(10 * kPage);
  ASSERT_TRUE(s_.space.munmap(address, 64 * kPage).ok());
  EXPECT_EQ(file_.bytes.size(), 10 * kPage);
}

TEST_F(Fault, SyncAllWritesEveryMapping) {
  const uint64_t first = map_file(2, kRw, MAP_SHARED);
  const uint64_t second = map_file(2, kRw, MAP_SHARED, 50 * kPage);
  s_.store(first, 90);
  s_.store(second, 91);
  ASSERT_TRUE(s_.space.sync_all().ok());
  EXPECT_EQ(file_.bytes[0], 90);
  EXPECT_EQ(file_.bytes[50 * kPage], 91);
  file_.broken = true;
  EXPECT_EQ(error_of(s_.space.sync_all()), EIO);
}

TEST_F(Fault, BackingsLiveAsLongAsTheirMappings) {
  const uint64_t address = map_file(8, PROT_READ, MAP_PRIVATE);
  ASSERT_TRUE(s_.space.munmap(address + 2 * kPage, kPage).ok());
  EXPECT_EQ(file_.backings, 1);
  ASSERT_TRUE(s_.space.munmap(address, 8 * kPage).ok());
  EXPECT_EQ(file_.backings, 0);
}

TEST(FaultLimit, TheHeapLimitIsExactAndRecoverable) {
  Space s(uint64_t{1} << 30, 100 * kPage);
  const uint64_t address = s.map_anonymous(90);
  const uint64_t other = s.map_anonymous(90, kRw, MAP_FIXED, s.epc.begin() + kPage);
  for (uint64_t i = 0; i < 90; ++i) s.store(address + i * kPage, 1);
  for (uint64_t i = 0; i < 10; ++i) s.store(other + i * kPage, 1);
  EXPECT_EQ(s.space.committed_pages(), 100u);
  EXPECT_EQ(s.touch(other + 10 * kPage, Access::kWrite), FaultOutcome::kNoMemory);
  EXPECT_EQ(s.touch(other + 10 * kPage, Access::kRead), FaultOutcome::kNoMemory);
  ASSERT_TRUE(s.space.munmap(address, kPage).ok());
  EXPECT_EQ(s.touch(other + 10 * kPage, Access::kWrite), FaultOutcome::kResolved);
  s.expect_consistent();
}

TEST_F(Fault, PrefaultBringsInARangeOverSeveralMappings) {
  const uint64_t first = s_.map_anonymous(2, kRw, MAP_FIXED, s_.epc.begin() + 10 * kPage);
  s_.map_anonymous(2, PROT_READ, MAP_FIXED, first + 2 * kPage);
  EXPECT_FALSE(s_.space.present(first + 100, 3 * kPage, Access::kRead));
  EXPECT_TRUE(s_.space.prefault(first + 100, 3 * kPage, Access::kRead).ok());
  EXPECT_TRUE(s_.space.present(first + 100, 3 * kPage, Access::kRead));
  EXPECT_FALSE(s_.space.present(first + 100, 3 * kPage, Access::kWrite));
  EXPECT_EQ(error_of(s_.space.prefault(first + 100, 3 * kPage, Access::kWrite)), EFAULT);
  EXPECT_EQ(error_of(s_.space.prefault(first + 100, 4 * kPage, Access::kRead)), EFAULT);
  EXPECT_EQ(error_of(s_.space.prefault(UINT64_MAX - 5, 10, Access::kRead)), EFAULT);
  EXPECT_TRUE(s_.space.prefault(0, 0, Access::kWrite).ok());
}

}  // namespace
}  // namespace scone::mm
