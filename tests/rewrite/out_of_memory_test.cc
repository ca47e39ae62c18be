// Each allocation of the rewriter fails in turn.
#include <gtest/gtest.h>

#include <new>

#include "tests/rewrite/segment.h"

namespace scone::rewrite {
namespace {

// Counts down to the allocation that fails; negative: none does.
long allocations_left = -1;
bool allocation_fails() { return allocations_left == 0 || (allocations_left > 0 && --allocations_left < 0); }

}  // namespace
}  // namespace scone::rewrite

// The rewriter uses these two forms, the tests' own containers the others.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return scone::rewrite::allocation_fails() ? nullptr : operator new(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return scone::rewrite::allocation_fails() ? nullptr : operator new[](size);
}

namespace scone::rewrite {
namespace {

TEST(OutOfMemory, AtAnyAllocationNothingIsChanged) {
  int failures = 0;
  for (long allocation = 0;; ++allocation) {
    Segment segment;
    segment.gap(code::kMovEax + code::kSyscall + code::kRet);
    for (int i = 0; i < 70; ++i)
      segment.function(code::nops(100) + code::kSyscall + code::kCmpRax + code::kRet);
    segment.finish();
    allocations_left = allocation;
    Result<Outcome> outcome = segment.rewrite();
    allocations_left = -1;
    if (outcome.ok()) {
      EXPECT_EQ(outcome.value().rewritten, 71u);
      break;
    }
    ++failures;
    EXPECT_EQ(outcome.error(), Errno(ENOMEM));
    EXPECT_TRUE(segment.unchanged());
    EXPECT_TRUE(segment.table.empty());
  }
  EXPECT_GT(failures, 10);
}

}  // namespace
}  // namespace scone::rewrite
