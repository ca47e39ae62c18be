// Unwind tables are file data: whatever they say, nothing outside them is read and no wrong boundary is believed.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "enclave/rewrite/unwind_table.h"
#include "tests/rewrite/segment.h"

namespace scone::rewrite {
namespace {

using namespace code;

class UnwindAttack : public testing::Test {
 protected:
  UnwindAttack() {
    // Without the table no site could be found here: no call leads to either function.
    segment.function(nops(32) + kSyscall + kCmpRax + kRet);
    segment.function(kMovEax + kSyscall + kRet);
    segment.finish();
  }
  template <typename T>
  void store(uint64_t offset, T number) {
    std::memcpy(&segment.tables().at(offset), &number, sizeof(T));
  }
  // The function table's entry: start and FDE, both relative to the header.
  static constexpr uint64_t kEntry = 12;
  uint64_t fde() const { return segment.first_fde(); }

  std::optional<Place> find(uint64_t offset) {
    return UnwindTable(segment.unwind(), {Segment::kCode, segment.view().end()})
        .find(Segment::kCode + offset);
  }
  void expect_first_function_unknown() {
    EXPECT_FALSE(find(32));
    Result<Outcome> outcome = segment.rewrite();
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(outcome.value().rewritten, 1u);  // the second function's
    EXPECT_EQ(segment.complaint(), "");
  }
  Segment segment;
};

TEST_F(UnwindAttack, UndamagedTableFindsBoth) {
  ASSERT_TRUE(find(0));
  EXPECT_TRUE(find(0)->function);
  EXPECT_EQ(find(40)->range.begin, Segment::kCode);
  EXPECT_EQ(find(41)->range.begin, Segment::kCode + 41);
  EXPECT_EQ(segment.rewrite().take().rewritten, 2u);
}

TEST_F(UnwindAttack, HeaderTruncatedAtEveryByte) {
  Bytes whole = segment.tables();
  for (size_t size = 0; size < whole.size(); ++size) {
    // A copy of its own, so that a sanitizer sees a read behind the end.
    std::vector<uint8_t> tables(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    UnwindView view{Segment::kTables, {Segment::kTables, tables}};
    UnwindTable table(view, {Segment::kCode, segment.view().end()});
    for (uint64_t offset : {0, 32, 41, 46}) {
      std::optional<Place> place = table.find(Segment::kCode + offset);
      if (place && place->function) {
        EXPECT_EQ(place->range.begin, Segment::kCode + (offset < 41 ? 0 : 41));
      }
    }
  }
}

TEST_F(UnwindAttack, HeaderOutsideTheData) {
  UnwindView view{Segment::kTables - 1, {Segment::kTables, segment.tables()}};
  UnwindTable table(view, {Segment::kCode, segment.view().end()});
  EXPECT_FALSE(table.find(Segment::kCode)->function);
  view.header = ~uint64_t{0} - 3;
  EXPECT_FALSE(UnwindTable(view, {Segment::kCode, segment.view().end()}).find(Segment::kCode)->function);
}

TEST_F(UnwindAttack, CountBeyondTheTable) {
  store<uint32_t>(8, 0xffffffff);
  EXPECT_FALSE(find(0)->function);
}

TEST_F(UnwindAttack, UnknownEncodings) {
  for (size_t byte : {0, 1, 2, 3}) {
    segment.finish();
    segment.tables()[byte] = 0xff;
    EXPECT_FALSE(find(0)->function) << byte;
  }
}

TEST_F(UnwindAttack, FdeOutside) {
  store<int32_t>(kEntry + 4, 0x70000000);
  expect_first_function_unknown();
}

TEST_F(UnwindAttack, FdeBelow) {
  store<int32_t>(kEntry + 4, -5);
  expect_first_function_unknown();
}

TEST_F(UnwindAttack, FdeOfAnotherFunction) {
  store<int32_t>(kEntry + 4, static_cast<int32_t>(fde() + 20));
  expect_first_function_unknown();
}

TEST_F(UnwindAttack, FdeOfLengthZero) {
  store<uint32_t>(fde(), 0);
  expect_first_function_unknown();
}

TEST_F(UnwindAttack, FdeOfExtendedLength) {
  store<uint32_t>(fde(), 0xffffffff);
  expect_first_function_unknown();
}

TEST_F(UnwindAttack, CieOutside) {
  store<uint32_t>(fde() + 4, 0x7fffffff);
  expect_first_function_unknown();
}

TEST_F(UnwindAttack, CieIsTheFdeItself) {
  store<uint32_t>(fde() + 4, 4);
  expect_first_function_unknown();
}

TEST_F(UnwindAttack, AugmentationWithoutEnd) {
  std::memset(&segment.tables()[fde() - 20 + 9], 'z', 11);
  EXPECT_FALSE(find(32));
}

TEST_F(UnwindAttack, FunctionBeyondTheSegment) {
  store<int32_t>(fde() + 20 + 12, 0x7fffffff);
  EXPECT_FALSE(find(41));
  store<int32_t>(fde() + 20 + 12, -1);
  EXPECT_FALSE(find(41));
}

TEST_F(UnwindAttack, FunctionOverItsNeighbour) {
  store<int32_t>(fde() + 12, 42);
  expect_first_function_unknown();
}

TEST_F(UnwindAttack, FunctionTooShort) {
  // Ends inside the instruction behind the call.
  store<int32_t>(fde() + 12, 36);
  ASSERT_TRUE(find(0)->function);
  EXPECT_EQ(segment.rewrite().take().rewritten, 1u);
  EXPECT_EQ(segment.bytes()[32], 0x0f);
}

TEST_F(UnwindAttack, FunctionStartsInsideAnInstruction) {
  // Both say so, table and FDE: begin two bytes late, inside `mov eax, 39` of the second function.
  int32_t start;
  std::memcpy(&start, &segment.tables()[kEntry + 8], 4);
  store<int32_t>(kEntry + 8, start + 2);
  std::memcpy(&start, &segment.tables()[fde() + 20 + 8], 4);
  store<int32_t>(fde() + 20 + 8, start + 2);
  store<int32_t>(fde() + 20 + 12, 6);
  segment.rewrite().take();
  EXPECT_EQ(segment.complaint(), "");  // still: windows of whole instructions as they decode from there
}

TEST_F(UnwindAttack, UnsortedTable) {
  for (int i = 0; i < 8; ++i) std::swap(segment.tables()[kEntry + i], segment.tables()[kEntry + 8 + i]);
  Result<Outcome> outcome = segment.rewrite();
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(segment.complaint(), "");
}

TEST_F(UnwindAttack, RandomDamage) {
  std::mt19937 random(7);
  Bytes good = segment.tables();
  for (int round = 0; round < 20000; ++round) {
    Segment damaged = {};
    damaged.function(nops(32) + kSyscall + kCmpRax + kRet);
    damaged.function(kMovEax + kSyscall + kRet);
    damaged.finish();
    for (int edits = 1 + static_cast<int>(random() % 4); edits > 0; --edits)
      damaged.tables()[random() % damaged.tables().size()] = static_cast<uint8_t>(random());
    damaged.area_size = 20 << 10;
    ASSERT_TRUE(damaged.rewrite().ok());
    ASSERT_EQ(damaged.complaint(), "") << "round " << round;
  }
}

}  // namespace
}  // namespace scone::rewrite
