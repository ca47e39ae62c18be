// What is rewritten and what must not be, on functions assembled by hand.
#include <gtest/gtest.h>

#include "tests/rewrite/segment.h"

namespace scone::rewrite {
namespace {

using namespace code;

constexpr uint8_t kShortJe = 0x74;

class Rules : public testing::Test {
 protected:
  // Rewrites; everything that was rewritten must satisfy the checker.
  uint32_t rewritten() {
    Result<Outcome> outcome = segment.rewrite();
    EXPECT_TRUE(outcome.ok());
    EXPECT_EQ(segment.complaint(), "");
    EXPECT_EQ(segment.sites().size(), outcome.value().rewritten);
    left = outcome.value().left;
    return outcome.value().rewritten;
  }
  void expect_stays() {
    EXPECT_EQ(rewritten(), 0u);
    EXPECT_GE(left, 1u);
    EXPECT_TRUE(segment.unchanged());
  }
  // The window of the only site, relative to the segment.
  uint64_t window() { return segment.sites().at(0).window - Segment::kCode; }

  Segment segment;
  uint32_t left = 0;
};

TEST_F(Rules, InstructionBehindMoves) {
  segment.function(nops(7) + kSyscall + kCmpRax + kRet);
  EXPECT_EQ(rewritten(), 1u);
  EXPECT_EQ(window(), 7u);
  EXPECT_EQ(segment.sites()[0].window_size, 8);
  EXPECT_EQ(segment.sites()[0].syscall, 0);
}

// UD0 and UD1 always fault, as UD2 does (SDM volume 2, "UD"): nobody comes out behind them.
TEST_F(Rules, WhatAlwaysFaultsEndsAWindow) {
  for (const Bytes& end : {Bytes{0x0f, 0xff, 0xff}, Bytes{0x0f, 0xb9, 0xff}})
    segment.function(nops(8) + kSyscall + end);
  EXPECT_EQ(rewritten(), 2u);
  for (const Site& site : segment.sites()) {
    EXPECT_EQ(site.syscall, 0);
    EXPECT_EQ(site.window_size, 5);
  }
}

TEST_F(Rules, InstructionBeforeMovesWhereNothingBehindCan) {
  segment.function(kMovEax + kSyscall + kRet);
  EXPECT_EQ(rewritten(), 1u);
  EXPECT_EQ(segment.sites()[0].window_size, 7);
  EXPECT_EQ(segment.sites()[0].syscall, 5);
}

TEST_F(Rules, FillBytesAreTakenFromTheEnclosedWindowOnly) {
  segment.function(kSyscall + kCmpRax + kRet);
  ASSERT_EQ(rewritten(), 1u);
  EXPECT_EQ(segment.bytes()[0], 0xe9);
  for (size_t i = 5; i < 8; ++i) EXPECT_EQ(segment.bytes()[i], kFillByte);
  EXPECT_EQ(segment.bytes()[8], 0xc3);
}

TEST_F(Rules, RipRelativeOperandIsRebased) {
  segment.function(kSyscall + with32({0x48, 0x8b, 0x15}, 0x1234) + kRet);  // mov rdx, [rip + 0x1234]
  EXPECT_EQ(rewritten(), 1u);
}

TEST_F(Rules, RipRelativeOperandWithImmediateIsRebased) {
  segment.function(kSyscall + with32(with32({0xc7, 0x05}, 0x1234), 77) + kRet);  // mov dword [rip + …], 77
  EXPECT_EQ(rewritten(), 1u);
}

TEST_F(Rules, RipRelativeOperandOutOfReachStays) {
  // Its target lies 2 GiB - 16 above the code; the trampoline stands below.
  segment.area_address = Segment::kCode - 0x100000;
  segment.function(kSyscall + with32({0x48, 0x8b, 0x15}, 0x7ffffff0) + kRet);
  expect_stays();
}

TEST_F(Rules, EipRelativeOperandStays) {
  segment.function(kRet + kSyscall + with32({0x67, 0x48, 0x8b, 0x15}, 0x1234) + kRet);
  expect_stays();
}

TEST_F(Rules, ConditionalJumpBehindMoves) {
  segment.function(kSyscall + above(1) + kRet + kNop + kRet);
  EXPECT_EQ(rewritten(), 1u);
}

TEST_F(Rules, ShortConditionalJumpIsWidened) {
  segment.function(Bytes{kShortJe, 5} + kMovRdiRax + kSyscall + kRet + kNop);
  EXPECT_EQ(rewritten(), 1u);
  EXPECT_EQ(segment.sites()[0].syscall, 5);
}

TEST_F(Rules, JumpBackToTheSiteMoves) {
  segment.function(kSyscall + jump(-7) + kRet);
  EXPECT_EQ(rewritten(), 1u);
}

TEST_F(Rules, OperandSizedJumpStays) {
  segment.function(kRet + kSyscall + Bytes{0x66} + above(0) + kRet);
  expect_stays();
}

TEST_F(Rules, CallIsNeverMoved) {
  segment.function(kRet + kSyscall + call(-8) + kRet);
  expect_stays();
}

TEST_F(Rules, IndirectCallIsNeverMoved) {
  segment.function(kRet + kSyscall + with32({0xff, 0x15}, 0x100) + kRet);
  expect_stays();
}

TEST_F(Rules, LoopIsNeverMoved) {
  segment.function(kMovEax + Bytes{0xe2, 0x02} + kSyscall + kRet);
  expect_stays();
}

TEST_F(Rules, JumpIfRcxIsZeroIsNeverMoved) {
  segment.function(kMovEax + Bytes{0xe3, 0x02} + kSyscall + kRet);
  expect_stays();
}

TEST_F(Rules, TransactionBeginIsNeverMoved) {
  segment.function(kRet + kSyscall + with32({0xc7, 0xf8}, 0) + kRet);
  expect_stays();
}

TEST_F(Rules, EndbrIsNeverMoved) {
  segment.function(kRet + kSyscall + Bytes{0xf3, 0x0f, 0x1e, 0xfa} + kRet);
  expect_stays();
}

TEST_F(Rules, InterruptIsNeverMoved) {
  segment.function(kMovEax + Bytes{0xcd, 0x80} + kSyscall + kRet);
  expect_stays();
}

TEST_F(Rules, WhatDoesNotReachTheCallIsNoNeighbour) {
  segment.function(jump(2) + kSyscall + kRet);
  expect_stays();
}

TEST_F(Rules, BranchTargetBehindTheCallForbidsMovingIt) {
  // je over the call: lands right behind it.
  segment.function(Bytes{kShortJe, 2} + kSyscall + kCmpRax + kRet);
  expect_stays();
}

TEST_F(Rules, BranchTargetBehindTheCallLeavesInstructionsBefore) {
  segment.function(Bytes{kShortJe, 7} + kMovEax + kSyscall + kCmpRax + kRet);
  EXPECT_EQ(rewritten(), 1u);
  EXPECT_EQ(window(), 2u);
  EXPECT_EQ(segment.sites()[0].window_size, 7);
}

TEST_F(Rules, BranchTargetAtTheCallForbidsMovingWhatIsBefore) {
  segment.function(Bytes{kShortJe, 5} + kMovEax + kSyscall + kRet);
  expect_stays();
}

TEST_F(Rules, BranchTargetAtTheWindowsStartIsFine) {
  segment.function(Bytes{kShortJe, 0} + kMovEax + kSyscall + kRet);
  EXPECT_EQ(rewritten(), 1u);
}

TEST_F(Rules, BranchFromAnotherFunctionForbidsTheWindow) {
  uint32_t target = segment.function(kRet + kSyscall + kCmpRax + kRet) + 3;
  segment.function(jump(static_cast<int32_t>(target) - (10 + 5)));
  expect_stays();
}

TEST_F(Rules, AddressOfALabelForbidsTheWindow) {
  uint32_t target = segment.function(kRet + kSyscall + kCmpRax + kRet) + 3;
  segment.function(with32({0x48, 0x8d, 0x05}, static_cast<int32_t>(target) - (10 + 7)) + kRet);
  expect_stays();
}

TEST_F(Rules, ArrivalByJumpTableTraps) {
  // The table is data elsewhere: nothing tells where `jmp rax` goes. The checker looks at the guards.
  segment.function(Bytes{0xff, 0xe0} + kSyscall + kCmpRax + kRet);
  EXPECT_EQ(rewritten(), 1u);
}

TEST_F(Rules, UnguardableWindowStays) {
  // Boundaries at bytes 2 and 4 of the only possible window.
  segment.function(kRet + kSyscall + Bytes{0x89, 0xc2} + kRet);
  expect_stays();
}

TEST_F(Rules, WindowNeverLeavesTheFunction) {
  segment.function(kRet + kSyscall);
  segment.function(kCmpRax + kRet);
  expect_stays();
}

TEST_F(Rules, WindowNeverStartsBeforeTheFunction) {
  segment.function(kMovEax);
  segment.function(kSyscall + kRet);
  expect_stays();
}

TEST_F(Rules, SignalReturnStays) {
  segment.function(Bytes{0x48, 0xc7, 0xc0, 15, 0, 0, 0} + kSyscall + kCmpRax + kRet);
  expect_stays();
}

TEST_F(Rules, ShortSignalReturnStays) {
  segment.function(Bytes{0xb8, 15, 0, 0, 0} + kSyscall + kCmpRax + kRet);
  expect_stays();
}

TEST_F(Rules, NeighbourDoesNotMoveSignalReturn) {
  segment.function(Bytes{0xb8, 15, 0, 0, 0} + kSyscall + kSyscall + kCmpRax + kRet);
  EXPECT_EQ(rewritten(), 1u);
  EXPECT_EQ(window(), 7u);
}

TEST_F(Rules, BytesInsideAnotherInstructionAreNotASite) {
  segment.function(Bytes{0xb8, 0x0f, 0x05, 0x0f, 0x05} + kCmpRax + kRet);
  EXPECT_EQ(rewritten(), 0u);
  EXPECT_EQ(left, 0u);
  EXPECT_TRUE(segment.unchanged());
}

TEST_F(Rules, FunctionThatDoesNotDecodeStays) {
  segment.function(kSyscall + kCmpRax + kRet + Bytes{0x06} + kRet);
  expect_stays();
}

TEST_F(Rules, FunctionWhoseLastInstructionCrossesItsEndStays) {
  Bytes body = kSyscall + kCmpRax + kMovEax;
  segment.function(body + kRet, static_cast<int32_t>(body.size()) - 2);
  expect_stays();
}

TEST_F(Rules, FunctionThatJumpsIntoItsOwnInstructionStays) {
  segment.function(kSyscall + kCmpRax + Bytes{kShortJe, 1} + kMovEax + kRet);
  expect_stays();
}

TEST_F(Rules, JumpBehindALockPrefixIsKnown) {
  // je over the prefix of `lock inc dword [rax]`.
  segment.function(kSyscall + kCmpRax + Bytes{kShortJe, 1, 0xf0, 0xff, 0x00} + kRet);
  EXPECT_EQ(rewritten(), 1u);
}

TEST_F(Rules, JumpBehindAnyByteLikeALockPrefixIsNotKnown) {
  // Into the number of a cmp, behind its byte f0.
  segment.function(kSyscall + kCmpRax + Bytes{kShortJe, 4} + kCmpRax + kRet);
  expect_stays();
}

TEST_F(Rules, JumpBehindALockPrefixForbidsMovingIt) {
  segment.function(Bytes{kShortJe, 3} + kSyscall + Bytes{0xf0, 0xff, 0x00} + kRet);
  expect_stays();
}

TEST_F(Rules, NeighbouringSitesDoNotOverlap) {
  segment.function(kMovEax + kSyscall + kMovRdiRax + kSyscall + kCmpRax + kRet);
  EXPECT_EQ(rewritten(), 2u);
}

TEST_F(Rules, AdjacentSites) {
  segment.function(kMovEax + kSyscall + kSyscall + kCmpRax + kRet);
  EXPECT_EQ(rewritten(), 2u);
}

TEST_F(Rules, SecondOfTwoSitesTrapsWhereThereIsNoRoom) {
  segment.function(kSyscall + kMovRdiRax + kSyscall + kRet);
  EXPECT_EQ(rewritten(), 1u);
  EXPECT_EQ(left, 1u);
}

TEST_F(Rules, PlanOfNeighboursDoesNotOverlap) {
  // Behind the first or before the second: the instruction between can move once only.
  segment.function(kSyscall + kMovEax + kSyscall + kRet);
  segment.finish();
  Plan plan = make_plan(segment.view(), segment.unwind()).take();
  EXPECT_EQ(plan.sites.size(), 1u);
  EXPECT_EQ(plan.left, 1u);
}

TEST_F(Rules, VectorCodeIsMarked) {
  segment.function(kSyscall + kCmpRax + Bytes{0x66, 0x0f, 0xef, 0xc0} + kRet);        // pxor xmm0, xmm0
  segment.function(kSyscall + kCmpRax + Bytes{0xd9, 0xee} + kRet);                    // fldz
  segment.function(kSyscall + kCmpRax + Bytes{0xc5, 0xf8, 0x77} + kRet);              // vzeroupper
  segment.function(kSyscall + kCmpRax + Bytes{0xc4, 0xe2, 0x70, 0xf2, 0xc0} + kRet);  // andn eax, ecx, eax
  segment.function(kSyscall + kCmpRax + kRet);
  ASSERT_EQ(rewritten(), 5u);
  std::vector<Site> sites = segment.sites();
  EXPECT_TRUE(sites[0].vector);
  EXPECT_TRUE(sites[1].vector);
  EXPECT_TRUE(sites[2].vector);
  EXPECT_FALSE(sites[3].vector);
  EXPECT_FALSE(sites[4].vector);
}

TEST_F(Rules, WithoutTablesTheEntryIsEnough) {
  segment.gap(kMovEax + kSyscall + kRet);
  EXPECT_EQ(rewritten(), 1u);
  EXPECT_TRUE(segment.sites()[0].vector);  // unknown function
}

TEST_F(Rules, CodeBetweenDescribedFunctions) {
  segment.function(kRet + nops(15));
  segment.gap(kMovEax + kSyscall + kRet + nops(8));
  segment.function(kSyscall + kCmpRax + kRet);
  EXPECT_EQ(rewritten(), 2u);
}

TEST_F(Rules, DataBeforeCodeWithoutTablesIsSkippedByCallTargets) {
  uint32_t data = segment.gap(Bytes{0x06, 0x06, 0x06, 0x06});
  uint32_t function = segment.gap(kMovEax + kSyscall + kRet);
  uint32_t caller = segment.gap(call(static_cast<int32_t>(function) - 12 - 5) + kRet);
  ASSERT_EQ(data, 0u);
  ASSERT_EQ(caller, 12u);
  EXPECT_EQ(rewritten(), 1u);
}

// Code without tables, 55 bytes, and behind it a number that looks like a call to byte 2, inside its first instruction.
Bytes code_with_false_call_target() {
  Bytes body = kMovEax + nops(40) + kMovEax + kSyscall + kRet + kRet + kRet;
  int32_t call_end = static_cast<int32_t>(body.size()) + 2 + 5;
  return body + Bytes{0x48, 0xb8} + call(2 - call_end) + Bytes{0, 0, 0};
}

TEST_F(Rules, CallTargetsThatContradictTheBoundariesKeepTheSite) {
  segment.gap(code_with_false_call_target() + kRet);
  expect_stays();
}

TEST_F(Rules, CallTargetsThatAgreeOutweighOneThatDoesNot) {
  Bytes body = code_with_false_call_target();
  for (int32_t target : {6, 7, 8}) body = body + call(target - static_cast<int32_t>(body.size()) - 5);
  segment.gap(body + kRet);
  EXPECT_EQ(rewritten(), 1u);
}

TEST_F(Rules, EmptySegment) {
  EXPECT_EQ(rewritten(), 0u);
  EXPECT_EQ(trampoline_bytes_needed(0), 0u);
}

TEST_F(Rules, SegmentThatEndsWithTheCall) {
  segment.gap(kMovEax + kSyscall);
  EXPECT_EQ(rewritten(), 1u);
}

TEST_F(Rules, SegmentOfHalfACall) {
  segment.gap(Bytes{0x0f});
  EXPECT_EQ(rewritten(), 0u);
}

}  // namespace
}  // namespace scone::rewrite
