#include "enclave/process/alternate_stack.h"

#include <gtest/gtest.h>
#include <linux/errno.h>
#include <signal.h>

#include <cstring>

namespace scone::process {
namespace {

alignas(16) char memory[16384];

// The same call to the kernel and to ours gives the same error, and afterwards the same setting.
TEST(AlternateStack, AgreesWithTheKernel) {
  AlternateStack ours;
  const uint64_t base = reinterpret_cast<uint64_t>(memory);
  const SignalStack calls[] = {{base, 0, 0, sizeof memory},
                               {base, 0, 0, 2047},
                               {base, kStackOnStack, 0, 8192},
                               {base, 4, 0, 8192},
                               {base, 3, 0, 8192},
                               {base, kStackAutoDisarm, 0, 8192},
                               {0, kStackDisable, 0, 0},
                               {base, kStackDisable, 0, 8192},
                               {base, kStackAutoDisarm | kStackOnStack, 0, 8192},
                               {base, 8, 0, 8192},
                               {0, kStackDisable, 0, 0}};
  for (const SignalStack& call : calls) {
    stack_t theirs;
    memcpy(&theirs, &call, sizeof theirs);
    const int error = sigaltstack(&theirs, nullptr) == 0 ? 0 : errno;
    const Result<void> result = set_alternate_stack(ours, call, 0x1000);
    EXPECT_EQ(result.ok() ? 0 : result.error().code(), error) << call.flags << " " << call.size;
    ASSERT_EQ(sigaltstack(nullptr, &theirs), 0);
    const SignalStack described = describe(ours, 0x1000);
    EXPECT_EQ(described.base, reinterpret_cast<uint64_t>(theirs.ss_sp));
    EXPECT_EQ(described.flags, theirs.ss_flags);
    EXPECT_EQ(described.size, theirs.ss_size);
  }
}

TEST(AlternateStack, CannotChangeUnderTheRunningHandler) {
  AlternateStack stack{.base = 0x10000, .size = 0x4000};
  EXPECT_EQ(set_alternate_stack(stack, {0, kStackDisable, 0, 0}, 0x12000).error(), Errno(EPERM));
  EXPECT_EQ(describe(stack, 0x12000).flags, kStackOnStack);
  EXPECT_EQ(describe(stack, 0x10000).flags, 0) << "the lowest address is below the stack";
  EXPECT_EQ(describe(stack, 0x14000).flags, kStackOnStack) << "an empty stack";
  stack.auto_disarm = true;
  EXPECT_TRUE(set_alternate_stack(stack, {0, kStackDisable, 0, 0}, 0x12000).ok());
}

}  // namespace
}  // namespace scone::process
