// madvise and msync.
#include "tests/mm/space_fixture.h"

namespace scone::mm {
namespace {

class Advise : public testing::Test {
 protected:
  int advise(uint64_t address, uint64_t pages, int advice) {
    return error_of(s_.space.madvise(address, pages * kPage, advice));
  }
  uint64_t map_file(FakeFile& file, uint64_t pages, int prot, int flags) {
    return s_.must_map({.length = pages * kPage, .prot = prot, .flags = flags, .backing = backing_of(file)});
  }
  Space s_;
};

TEST_F(Advise, DontNeedOfAFewPagesZeroesThemWithoutAHostCall) {
  const uint64_t address = s_.map_anonymous(64);
  for (uint64_t i = 0; i < 64; ++i) s_.store(address + i * kPage, 1);
  ASSERT_EQ(advise(address + 4 * kPage, 8, MADV_DONTNEED), 0);
  EXPECT_EQ(s_.epc.trims, 0);
  EXPECT_EQ(s_.load(address + 3 * kPage), 1);
  for (uint64_t i = 4; i < 12; ++i) EXPECT_EQ(s_.load(address + i * kPage), 0);
  EXPECT_EQ(s_.load(address + 12 * kPage), 1);
}

TEST_F(Advise, DontNeedOfManyPagesGivesThemBack) {
  const uint64_t address = s_.map_anonymous(4096);
  for (uint64_t i = 0; i < 4096; ++i) s_.store(address + i * kPage, 1);
  ASSERT_EQ(advise(address, 4096, MADV_DONTNEED), 0);
  EXPECT_EQ(s_.epc.trims, 1);
  EXPECT_EQ(s_.epc.accepted(), 0u);
  EXPECT_EQ(s_.load(address + 100 * kPage), 0);
}

TEST_F(Advise, FreeAndDontNeedWorkOnWhatCannotBeWritten) {
  const uint64_t address = s_.map_anonymous(4);
  for (const int advice : {MADV_FREE, MADV_DONTNEED}) {
    s_.store(address, 7);
    ASSERT_TRUE(s_.space.mprotect(address, 4 * kPage, PROT_NONE).ok());
    ASSERT_EQ(advise(address, 4, advice), 0);
    ASSERT_TRUE(s_.space.mprotect(address, 4 * kPage, kRw).ok());
    EXPECT_EQ(s_.load(address), 0);
  }
}

TEST_F(Advise, DontNeedRereadsPrivateFilePages) {
  FakeFile file = patterned_file(4 * kPage);
  const uint64_t address = map_file(file, 4, kRw, MAP_PRIVATE);
  s_.store(address, 200);
  ASSERT_EQ(advise(address, 4, MADV_DONTNEED), 0);
  EXPECT_EQ(s_.load(address), file.bytes[0]);
}

TEST_F(Advise, DontNeedKeepsWhatIsShared) {
  FakeFile file = patterned_file(4 * kPage);
  const uint64_t mapped = map_file(file, 4, kRw, MAP_SHARED);
  const uint64_t anonymous = s_.must_map({.length = kPage, .prot = kRw, .flags = MAP_SHARED | MAP_ANONYMOUS});
  s_.store(mapped, 200);
  s_.store(anonymous, 201);
  ASSERT_EQ(advise(mapped, 4, MADV_DONTNEED), 0);
  ASSERT_EQ(advise(anonymous, 1, MADV_DONTNEED), 0);
  EXPECT_EQ(file.bytes[0], 200);
  EXPECT_EQ(s_.load(mapped), 200);
  EXPECT_EQ(s_.load(anonymous), 201);
  ASSERT_EQ(advise(anonymous, 1, MADV_REMOVE), 0);
  EXPECT_EQ(s_.load(anonymous), 0);
}

TEST_F(Advise, AnErrorWhileSavingSharedPagesLosesNothing) {
  FakeFile file = patterned_file(4 * kPage);
  const uint64_t address = map_file(file, 4, kRw, MAP_SHARED);
  s_.store(address, 200);
  file.broken = true;
  EXPECT_EQ(advise(address, 4, MADV_DONTNEED), EIO);
  EXPECT_EQ(error_of(s_.space.msync(address, 4 * kPage, MS_SYNC)), EIO);
  file.broken = false;
  EXPECT_EQ(error_of(s_.space.msync(address, 4 * kPage, MS_SYNC)), 0);
  EXPECT_EQ(file.bytes[0], 200);
}

TEST_F(Advise, RefusesWhatLinuxRefuses) {
  FakeFile file = patterned_file(4 * kPage);
  const uint64_t address = s_.map_anonymous(2);
  const uint64_t mapped = map_file(file, 4, kRw, MAP_PRIVATE);
  EXPECT_EQ(advise(address, 2, 9999), EINVAL);
  EXPECT_EQ(advise(address + 1, 1, MADV_NORMAL), EINVAL);
  EXPECT_EQ(error_of(s_.space.madvise(address, UINT64_MAX, MADV_NORMAL)), EINVAL);
  EXPECT_EQ(advise(address, 2, MADV_REMOVE), EINVAL);
  EXPECT_EQ(advise(mapped, 2, MADV_REMOVE), EACCES);
  EXPECT_EQ(advise(mapped, 2, MADV_FREE), EINVAL);
  EXPECT_EQ(advise(mapped, 2, MADV_WIPEONFORK), EINVAL);
  EXPECT_EQ(advise(address, 0, MADV_DONTNEED), 0);
}

TEST_F(Advise, HolesAreAnErrorAfterTheRestIsDone) {
  const uint64_t address = s_.map_anonymous(6);
  for (uint64_t i = 0; i < 6; ++i) s_.store(address + i * kPage, 1);
  ASSERT_TRUE(s_.space.munmap(address + 2 * kPage, kPage).ok());
  EXPECT_EQ(advise(address, 6, MADV_DONTNEED), ENOMEM);
  EXPECT_EQ(s_.load(address + 5 * kPage), 0);
  EXPECT_EQ(advise(address, 6, MADV_NORMAL), ENOMEM);
}

TEST_F(Advise, PopulateWriteMakesPagesReady) {
  const uint64_t address = s_.map_anonymous(200);
  ASSERT_EQ(advise(address, 200, MADV_POPULATE_WRITE), 0);
  EXPECT_EQ(s_.space.committed_pages(), 200u);
  FakeFile file = patterned_file(2 * kPage);
  EXPECT_EQ(advise(map_file(file, 4, PROT_READ, MAP_PRIVATE), 4, MADV_POPULATE_READ), EFAULT);
}

TEST_F(Advise, ForkAdviceSplitsAndMerges) {
  const uint64_t address = s_.map_anonymous(6);
  ASSERT_EQ(advise(address + kPage, 2, MADV_WIPEONFORK), 0);
  EXPECT_EQ(s_.maps().size(), 3u);
  ASSERT_EQ(advise(address, 6, MADV_KEEPONFORK), 0);
  EXPECT_EQ(s_.maps().size(), 1u);
}

TEST_F(Advise, MsyncWritesOnceAndNoticesLaterStores) {
  FakeFile file = patterned_file(8 * kPage);
  const uint64_t address = map_file(file, 8, kRw, MAP_SHARED);
  s_.store(address, 1);
  ASSERT_TRUE(s_.space.msync(address, 8 * kPage, MS_SYNC).ok());
  EXPECT_EQ(file.writes, 1);
  EXPECT_EQ(file.syncs, 1);
  ASSERT_TRUE(s_.space.msync(address, 8 * kPage, MS_ASYNC).ok());
  EXPECT_EQ(file.writes, 1);
  EXPECT_EQ(file.syncs, 1);
  s_.store(address + 5, 77);
  ASSERT_TRUE(s_.space.msync(address, 8 * kPage, MS_ASYNC).ok());
  EXPECT_EQ(file.bytes[5], 77);
  EXPECT_EQ(error_of(s_.space.msync(address, 9 * kPage, MS_SYNC)), ENOMEM);
  EXPECT_EQ(error_of(s_.space.msync(address, kPage, MS_SYNC | MS_ASYNC)), EINVAL);
  EXPECT_EQ(error_of(s_.space.msync(address + 1, kPage, MS_SYNC)), EINVAL);
}

}  // namespace
}  // namespace scone::mm
