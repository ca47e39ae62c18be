// mmap and munmap: placement, errors, splitting and merging.
#include "tests/mm/space_fixture.h"

namespace scone::mm {
namespace {

class Map : public testing::Test {
 protected:
  int map_error(MapRequest request) { return error_of(s_.space.mmap(std::move(request))); }
  uint64_t page(uint64_t n) const { return s_.epc.begin() + n * kPage; }
  Space s_;
};

TEST_F(Map, PlacesTopDownBelowTheStackArea) {
  const uint64_t first = s_.map_anonymous(4);
  const uint64_t second = s_.map_anonymous(4);
  EXPECT_EQ(first + 4 * kPage, s_.epc.end() - (s_.epc.end() - s_.epc.begin()) / 8);
  EXPECT_EQ(second + 4 * kPage, first);
}

TEST_F(Map, FillsTheHighestHoleThatIsLargeEnough) {
  const uint64_t low = s_.map_anonymous(8);
  ASSERT_TRUE(s_.space.munmap(low + 4 * kPage, 2 * kPage).ok());
  const uint64_t large = s_.map_anonymous(3);
  EXPECT_EQ(large + 3 * kPage, low);
  EXPECT_EQ(s_.map_anonymous(2), low + 4 * kPage);
}

TEST_F(Map, UsesTheStackAreaOnlyWhenNothingElseIsLeft) {
  const uint64_t size = s_.epc.end() - s_.epc.begin();
  const uint64_t all_but_stack = size - size / 8;
  EXPECT_EQ(s_.map_anonymous(all_but_stack / kPage, PROT_NONE), s_.epc.begin());
  EXPECT_EQ(s_.map_anonymous(1), s_.epc.end() - kPage);
}

TEST_F(Map, HonoursAFreeHintAndMovesAnOccupiedOne) {
  const uint64_t hint = page(1000);
  EXPECT_EQ(s_.map_anonymous(2, kRw, 0, hint + 5), hint);
  const uint64_t other = s_.map_anonymous(2, kRw, 0, hint + kPage);
  EXPECT_NE(other, hint + kPage);
  EXPECT_FALSE(other == 0);
  EXPECT_EQ(map_error({.address = UINT64_MAX - 100, .length = kPage, .prot = kRw, .flags = kAnonymous}), 0);
}

// The range ends below what address sanitizers use for themselves.
TEST(Map32, ChoosesTheSecondGibibyte) {
  constexpr uint64_t kBegin = uint64_t{256} << 20, kEnd = 0x7000'0000, kGibibyte = uint64_t{1} << 30;
  Space s(kEnd - kBegin, kGibibyte, kBegin);
  s.map_anonymous((kEnd - kGibibyte) / kPage - 16, PROT_NONE, MAP_FIXED, kGibibyte + 16 * kPage);
  EXPECT_EQ(s.map_anonymous(16, kRw, MAP_32BIT), kGibibyte);
  EXPECT_EQ(error_of(s.space.mmap({.length = kPage, .prot = kRw, .flags = kAnonymous | MAP_32BIT})), ENOMEM);
  EXPECT_LT(s.map_anonymous(1), kGibibyte) << "below is free, for others";
  EXPECT_EQ(s.map_anonymous(1, kRw, MAP_32BIT, 0x2000'0000), 0x2000'0000u) << "but a hint is taken";
}

TEST_F(Map, RefusesBadArguments) {
  const uint64_t ok = page(10);
  EXPECT_EQ(map_error({.length = 0, .prot = kRw, .flags = kAnonymous}), EINVAL);
  EXPECT_EQ(map_error({.length = kPage, .prot = kRw, .flags = MAP_ANONYMOUS}), EINVAL);
  EXPECT_EQ(map_error({.length = kPage, .prot = kRw, .flags = MAP_SHARED_VALIDATE | MAP_ANONYMOUS}), EINVAL);
  EXPECT_EQ(map_error({.length = kPage, .prot = kRw, .flags = kAnonymous, .offset = 12}), EINVAL);
  EXPECT_EQ(map_error({.length = UINT64_MAX, .prot = kRw, .flags = kAnonymous}), ENOMEM);
  EXPECT_EQ(map_error({.length = uint64_t{1} << 40, .prot = PROT_NONE, .flags = kAnonymous}), ENOMEM);
  EXPECT_EQ(map_error({.length = kPage, .prot = kRw, .flags = kAnonymous | MAP_HUGETLB}), ENOMEM);
  EXPECT_EQ(map_error({.address = ok + 1, .length = kPage, .prot = kRw, .flags = kAnonymous | MAP_FIXED}),
            EINVAL);
  EXPECT_EQ(map_error({.address = 0, .length = kPage, .prot = kRw, .flags = kAnonymous | MAP_FIXED}), EPERM);
  EXPECT_EQ(
      map_error({.address = s_.epc.end(), .length = kPage, .prot = kRw, .flags = kAnonymous | MAP_FIXED}),
      ENOMEM);
  EXPECT_EQ(map_error({.address = s_.epc.end() - kPage,
                       .length = 2 * kPage,
                       .prot = kRw,
                       .flags = kAnonymous | MAP_FIXED}),
            ENOMEM);
  EXPECT_TRUE(s_.maps().empty());
}

TEST_F(Map, RefusesFileArgumentsThatCannotBe) {
  FakeFile file = patterned_file(kPage);
  const auto with = [&](MapRequest request) {
    request.length = request.length ? request.length : kPage;
    request.backing = backing_of(file);
    return map_error(std::move(request));
  };
  EXPECT_EQ(with({.length = 2 * kPage, .prot = kRw, .flags = MAP_PRIVATE, .offset = UINT64_MAX - kPage + 1}),
            EOVERFLOW);
  EXPECT_EQ(with({.prot = kRw, .flags = MAP_SHARED, .may_write = false}), EACCES);
  EXPECT_EQ(with({.prot = kRw, .flags = MAP_SHARED_VALIDATE | MAP_SYNC}), EOPNOTSUPP);
  EXPECT_EQ(with({.prot = kRw, .flags = MAP_PRIVATE, .may_write = false}), 0);
  EXPECT_EQ(with({.prot = PROT_READ, .flags = MAP_SHARED, .may_write = false}), 0);
}

TEST_F(Map, NoReplaceRefusesWhatIsTaken) {
  const uint64_t address = s_.map_anonymous(4);
  EXPECT_EQ(map_error({.address = address + 3 * kPage,
                       .length = 2 * kPage,
                       .prot = kRw,
                       .flags = kAnonymous | MAP_FIXED_NOREPLACE}),
            EEXIST);
  EXPECT_EQ(s_.map_anonymous(2, kRw, MAP_FIXED_NOREPLACE, address - 2 * kPage), address - 2 * kPage);
}

TEST_F(Map, AHugeReservationCostsNothing) {
  Space s(uint64_t{64} << 30);
  const uint64_t address = s.map_anonymous((uint64_t{40} << 30) / kPage, PROT_NONE, MAP_NORESERVE);
  EXPECT_EQ(s.space.committed_pages(), 0u);
  EXPECT_EQ(s.touch(address, Access::kRead), FaultOutcome::kSegvAccErr);
  ASSERT_TRUE(s.space.munmap(address, uint64_t{40} << 30).ok());
  EXPECT_EQ(s.epc.accepts + s.epc.copies + s.epc.trims, 0);
}

TEST_F(Map, AWritableMappingAboveTheLimitIsRefusedUnlessItReserves) {
  const uint64_t length = uint64_t{512} << 20;  // the limit is 256 MiB
  EXPECT_EQ(map_error({.length = length, .prot = kRw, .flags = kAnonymous}), ENOMEM);
  EXPECT_EQ(map_error({.length = length, .prot = kRw, .flags = kAnonymous | MAP_NORESERVE}), 0);
  EXPECT_EQ(map_error({.length = length / 2, .prot = kRw, .flags = kAnonymous}), 0);
}

TEST_F(Map, ProtNoneThatBecomesWritableIsCheckedToo) {
  const uint64_t address = s_.map_anonymous((uint64_t{512} << 20) / kPage, PROT_NONE);
  EXPECT_EQ(error_of(s_.space.mprotect(address, uint64_t{512} << 20, kRw)), ENOMEM);
  EXPECT_EQ(error_of(s_.space.mprotect(address, uint64_t{128} << 20, kRw)), 0);
}

TEST_F(Map, NeighboursWithTheSamePropertiesBecomeOne) {
  s_.map_anonymous(4, kRw, MAP_FIXED, page(10));
  s_.map_anonymous(4, kRw, MAP_FIXED, page(18));
  s_.map_anonymous(4, kRw, MAP_FIXED, page(14));
  s_.map_anonymous(4, PROT_READ, MAP_FIXED, page(22));
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-22 rw-p", "22-26 r--p"}));
}

TEST_F(Map, FileMappingsMergeOnlyWhereOffsetsContinue) {
  FakeFile file = patterned_file(16 * kPage);
  auto backing = backing_of(file);
  const auto map = [&](uint64_t at, uint64_t offset) {
    s_.must_map({.address = page(at),
                 .length = 2 * kPage,
                 .prot = PROT_READ,
                 .flags = MAP_PRIVATE | MAP_FIXED,
                 .backing = backing,
                 .offset = offset * kPage});
  };
  map(10, 0);
  map(12, 2);
  map(14, 9);
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-14 r--p /fake/file", "14-16 r--p /fake/file"}));
}

TEST_F(Map, UnmappingTheMiddleSplits) {
  const uint64_t address = s_.map_anonymous(6, kRw, MAP_FIXED, page(10));
  for (uint64_t i = 0; i < 6; ++i) s_.store(address + i * kPage, static_cast<uint8_t>(i + 1));
  ASSERT_TRUE(s_.space.munmap(address + 2 * kPage, 2 * kPage).ok());
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-12 rw-p", "14-16 rw-p"}));
  EXPECT_EQ(s_.touch(address + 2 * kPage, Access::kRead), FaultOutcome::kSegvMapErr);
  EXPECT_EQ(s_.load(address + kPage), 2);
  EXPECT_EQ(s_.load(address + 4 * kPage), 5);
  s_.expect_consistent();
}

TEST_F(Map, WhatWasUnmappedComesBackAsZeros) {
  const uint64_t address = s_.map_anonymous(2, kRw, MAP_FIXED, page(10));
  s_.store(address, 77);
  ASSERT_TRUE(s_.space.munmap(address, 2 * kPage).ok());
  EXPECT_EQ(s_.epc.accepted(), 0u);
  s_.map_anonymous(2, kRw, MAP_FIXED, page(10));
  EXPECT_EQ(s_.load(address), 0);
}

TEST_F(Map, MapFixedReplacesContentsAndRights) {
  const uint64_t address = s_.map_anonymous(4, kRw, MAP_FIXED, page(10));
  for (uint64_t i = 0; i < 4; ++i) s_.store(address + i * kPage, 9);
  s_.map_anonymous(2, PROT_READ, MAP_FIXED, page(11));
  EXPECT_EQ(s_.maps(), (std::vector<std::string>{"10-11 rw-p", "11-13 r--p", "13-14 rw-p"}));
  EXPECT_EQ(s_.load(page(11)), 0);
  EXPECT_EQ(s_.load(page(13)), 9);
  EXPECT_EQ(s_.touch(page(11), Access::kWrite), FaultOutcome::kSegvAccErr);
}

TEST_F(Map, OneMunmapTrimsEachAcceptedRunOnce) {
  const uint64_t address = s_.map_anonymous(1024);
  for (uint64_t i = 0; i < 64; ++i) s_.store(address + i * kPage, 1);
  ASSERT_TRUE(s_.space.mprotect(address + 8 * kPage, 4 * kPage, PROT_READ).ok());
  const int before = s_.epc.trims;
  ASSERT_TRUE(s_.space.munmap(address, 1024 * kPage).ok());
  EXPECT_EQ(s_.epc.trims - before, 1) << "rights differ within the run, but a run is a run";
}

TEST_F(Map, MunmapOfHolesAndForeignAddressesSucceeds) {
  EXPECT_EQ(error_of(s_.space.munmap(page(5), kPage)), 0);
  EXPECT_EQ(error_of(s_.space.munmap(s_.epc.end(), kPage)), 0);
  EXPECT_EQ(error_of(s_.space.munmap(page(5) + 1, kPage)), EINVAL);
  EXPECT_EQ(error_of(s_.space.munmap(page(5), 0)), EINVAL);
  EXPECT_EQ(error_of(s_.space.munmap(page(5), UINT64_MAX)), EINVAL);
  EXPECT_EQ(s_.epc.trims, 0);
}

// The runtime and the image stand above the program range.
TEST_F(Map, AttackMunmapReachesIntoTheRuntime) {
  const uint64_t address = s_.epc.end() - kPage;
  s_.map_anonymous(1, kRw, MAP_FIXED, address);
  s_.store(address, 1);
  ASSERT_TRUE(s_.space.munmap(address, 100 * kPage).ok());  // the fake checks that nothing beyond is trimmed
  EXPECT_EQ(error_of(s_.space.mprotect(address, 100 * kPage, kRw)), ENOMEM);
  EXPECT_EQ(error_of(s_.space.prefault(address, 100 * kPage, Access::kRead)), EFAULT);
}

TEST_F(Map, PopulateBringsEverythingIn) {
  s_.map_anonymous(300, kRw, MAP_POPULATE);
  EXPECT_EQ(s_.space.committed_pages(), 300u);
  EXPECT_LE(s_.epc.accepts, 10);
  s_.map_anonymous(300, PROT_NONE, MAP_POPULATE);
  s_.map_anonymous(300, kRw, MAP_POPULATE | MAP_NONBLOCK);
  EXPECT_EQ(s_.space.committed_pages(), 300u);
}

TEST_F(Map, MoreMappingsThanLinuxAllowsAreRefused) {
  uint64_t mapped = 0;
  int error = 0;
  for (uint64_t i = 0; error == 0 && i < 70000; ++i, mapped += error == 0)
    error =
        map_error({.address = page(2 * i), .length = kPage, .prot = kRw, .flags = kAnonymous | MAP_FIXED});
  EXPECT_EQ(error, ENOMEM);
  EXPECT_EQ(mapped, VmaMap::kMaxCount);
  ASSERT_TRUE(s_.space.munmap(page(0), kPage).ok());
  EXPECT_EQ(map_error({.length = kPage, .prot = kRw, .flags = kAnonymous}), 0);
}

TEST_F(Map, MapsNameStackHeapAndFiles) {
  s_.must_map({.address = page(100),
               .length = kPage,
               .prot = kRw,
               .flags = kAnonymous | MAP_FIXED,
               .kind = VmaKind::kStack});
  FakeFile file = patterned_file(kPage);
  s_.must_map({.address = page(50),
               .length = kPage,
               .prot = PROT_READ,
               .flags = MAP_SHARED | MAP_FIXED,
               .backing = backing_of(file)});
  s_.space.set_brk_base(page(10));
  s_.space.brk(page(12));
  EXPECT_EQ(s_.maps(),
            (std::vector<std::string>{"10-12 rw-p [heap]", "50-51 r--s /fake/file", "100-101 rw-p [stack]"}));
}

TEST_F(Map, MincoreTellsWhatIsThere) {
  const uint64_t address = s_.map_anonymous(40);
  s_.store(address + 20 * kPage, 1);
  uint8_t resident[40] = {};
  ASSERT_TRUE(s_.space.mincore(address, 40 * kPage - 100, resident).ok());
  for (uint64_t i = 0; i < 40; ++i) EXPECT_EQ(resident[i], s_.epc.is_accepted(address + i * kPage)) << i;
  EXPECT_EQ(resident[20], 1);
  EXPECT_EQ(error_of(s_.space.mincore(address, 41 * kPage, resident)), ENOMEM);
  EXPECT_EQ(error_of(s_.space.mincore(address + 1, kPage, resident)), EINVAL);
}

}  // namespace
}  // namespace scone::mm
