// mremap: in place, elsewhere, shared, and contents that must come along.
#include "tests/mm/space_fixture.h"

namespace scone::mm {
namespace {

class Remap : public testing::Test {
 protected:
  uint64_t page(uint64_t n) const { return s_.epc.begin() + n * kPage; }
  uint64_t filled(uint64_t at, uint64_t pages) {
    const uint64_t address = s_.map_anonymous(pages, kRw, MAP_FIXED, page(at));
    for (uint64_t i = 0; i < pages; ++i) s_.store(address + i * kPage, static_cast<uint8_t>(i + 1));
    return address;
  }
  Result<uint64_t> remap(uint64_t address, uint64_t old_pages, uint64_t new_pages, int flags,
                         uint64_t target = 0) {
    return s_.space.mremap(address, old_pages * kPage, new_pages * kPage, flags, target);
  }
  Space s_;
};

TEST_F(Remap, ShrinksInPlace) {
  const uint64_t address = filled(10, 6);
  auto result = remap(address, 6, 2, 0);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value(), address);
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-12 rw-p"}));
  EXPECT_EQ(s_.epc.accepted(), 2u);
}

TEST_F(Remap, GrowsInPlaceIntoFreeSpace) {
  const uint64_t address = filled(10, 2);
  auto result = remap(address, 2, 6, MREMAP_MAYMOVE);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value(), address);
  EXPECT_EQ(s_.load(address + kPage), 2);
  EXPECT_EQ(s_.load(address + 5 * kPage), 0);
}

TEST_F(Remap, MovesWithContentsWhenThereIsNoSpace) {
  const uint64_t address = filled(10, 4);
  s_.map_anonymous(1, PROT_READ, MAP_FIXED, page(14));
  EXPECT_EQ(error_of(remap(address, 4, 8, 0)), ENOMEM);
  auto result = remap(address, 4, 8, MREMAP_MAYMOVE);
  ASSERT_TRUE(result.ok());
  for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(s_.load(result.value() + i * kPage), static_cast<int>(i + 1));
  EXPECT_EQ(s_.load(result.value() + 7 * kPage), 0);
  EXPECT_EQ(s_.touch(address, Access::kRead), FaultOutcome::kSegvMapErr);
  s_.expect_consistent();
}

TEST_F(Remap, OnlyPagesThatAreThereAreCopied) {
  const uint64_t address = s_.map_anonymous(40000, kRw, MAP_FIXED, page(10));
  s_.store(address + 20000 * kPage, 9);
  const auto before = s_.epc.accepted();
  auto result = remap(address, 40000, 40000, MREMAP_MAYMOVE | MREMAP_FIXED, page(50000));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(s_.epc.accepted(), before);
  EXPECT_EQ(s_.epc.copies, 1);
  EXPECT_EQ(s_.load(page(70000)), 9);
}

TEST_F(Remap, RightsOfEachPageMoveAlong) {
  const uint64_t address = filled(10, 4);
  ASSERT_TRUE(s_.space.mprotect(address, 4 * kPage, PROT_NONE).ok());
  auto result = remap(address, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, page(100));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(s_.epc.prot(page(101)), Prot::kNone);
  ASSERT_TRUE(s_.space.mprotect(page(100), 4 * kPage, PROT_READ).ok());
  EXPECT_EQ(s_.load(page(101)), 2);
}

TEST_F(Remap, DontUnmapLeavesAnEmptyMappingBehind) {
  const uint64_t address = filled(10, 3);
  auto result = remap(address, 3, 3, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
  ASSERT_TRUE(result.ok());
  ASSERT_NE(result.value(), address);
  EXPECT_EQ(s_.load(result.value() + kPage), 2);
  EXPECT_EQ(s_.load(address + kPage), 0);
}

TEST_F(Remap, SharedAnonymousMemoryKeepsItsContents) {
  const uint64_t address =
      s_.must_map({.length = 2 * kPage, .prot = kRw, .flags = MAP_SHARED | MAP_ANONYMOUS});
  s_.store(address + kPage, 55);
  auto result = remap(address, 2, 4, MREMAP_MAYMOVE);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(s_.load(result.value() + kPage), 55);
}

TEST_F(Remap, StoresToASharedFileMoveAndReachTheFile) {
  FakeFile file = patterned_file(8 * kPage);
  const uint64_t address =
      s_.must_map({.length = 8 * kPage, .prot = kRw, .flags = MAP_SHARED, .backing = backing_of(file)});
  s_.store(address + 3 * kPage, 99);
  auto result = remap(address + 2 * kPage, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, page(10));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(s_.load(page(11)), 99);
  ASSERT_TRUE(s_.space.munmap(page(10), 4 * kPage).ok());
  EXPECT_EQ(file.bytes[3 * kPage], 99);
  EXPECT_EQ(file.writes, 1);
}

TEST_F(Remap, OldSizeZeroDuplicatesASharedFileMapping) {
  FakeFile file = patterned_file(8 * kPage);
  const uint64_t address =
      s_.must_map({.length = 8 * kPage, .prot = PROT_READ, .flags = MAP_SHARED, .backing = backing_of(file)});
  auto copy = remap(address + 2 * kPage, 0, 3, MREMAP_MAYMOVE);
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(s_.load(copy.value() + kPage), file.bytes[3 * kPage]);
  EXPECT_EQ(s_.load(address + 3 * kPage), file.bytes[3 * kPage]);
  EXPECT_EQ(error_of(remap(filled(10, 1), 0, 1, MREMAP_MAYMOVE)), EINVAL);
}

TEST_F(Remap, RefusesBadArguments) {
  const uint64_t address = filled(10, 4);
  EXPECT_EQ(error_of(remap(address + 1, 1, 1, 0)), EINVAL);
  EXPECT_EQ(error_of(remap(address, 4, 0, MREMAP_MAYMOVE)), EINVAL);
  EXPECT_EQ(error_of(remap(address, 4, 4, 64)), EINVAL);
  EXPECT_EQ(error_of(remap(address, 4, 4, MREMAP_FIXED, page(50))), EINVAL);
  EXPECT_EQ(error_of(remap(address, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, page(12))), EINVAL);
  EXPECT_EQ(error_of(remap(address, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, page(50) + 1)), EINVAL);
  EXPECT_EQ(error_of(remap(address, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, s_.epc.end())), EINVAL);
  EXPECT_EQ(error_of(remap(address, 4, 5, MREMAP_MAYMOVE | MREMAP_DONTUNMAP)), EINVAL);
  EXPECT_EQ(error_of(remap(page(50), 1, 2, MREMAP_MAYMOVE)), EFAULT);
  EXPECT_EQ(error_of(remap(address, 5, 8, MREMAP_MAYMOVE)), EFAULT);
  EXPECT_EQ(error_of(remap(address, 4, (uint64_t{512} << 20) / kPage, MREMAP_MAYMOVE)), ENOMEM);
  EXPECT_EQ(s_.load(address), 1);
}

TEST_F(Remap, AMoveThatFailsLeavesEverythingWhereItWas) {
  const uint64_t address = filled(10, 4);
  ASSERT_TRUE(s_.space.mprotect(address + 2 * kPage, kPage, PROT_READ).ok());
  ASSERT_TRUE(s_.space.mprotect(address + 2 * kPage, kPage, kRw).ok());
  for (int n = 0; n < 2; ++n) {
    s_.epc.fail_from(0);
    EXPECT_EQ(error_of(remap(address, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, page(100))), ENOMEM);
    s_.epc.fail_from(-1);
    EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-14 rw-p"}));
    for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(s_.load(address + i * kPage), static_cast<int>(i + 1));
    s_.expect_consistent();
  }
}

// A move in pieces of 64 MiB: the second piece fails, the first comes back.
TEST(RemapLarge, PiecesThatMovedComeBack) {
  Space s;
  const uint64_t pages = (uint64_t{100} << 20) / kPage, piece = (uint64_t{64} << 20) / kPage;
  const uint64_t from = s.epc.begin() + (uint64_t{4} << 20), to = from + (uint64_t{256} << 20);
  s.map_anonymous(pages, kRw, MAP_FIXED, from);
  s.store(from, 1);
  s.store(from + (piece + 5) * kPage, 2);
  s.epc.fail_once_after(1);
  EXPECT_EQ(error_of(s.space.mremap(from, pages * kPage, pages * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, to)),
            ENOMEM);
  EXPECT_EQ(s.load(from), 1);
  EXPECT_EQ(s.load(from + (piece + 5) * kPage), 2);
  EXPECT_EQ(s.touch(to, Access::kRead), FaultOutcome::kSegvMapErr);
  s.expect_consistent();
}

}  // namespace
}  // namespace scone::mm
