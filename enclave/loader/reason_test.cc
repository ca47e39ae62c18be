#include "enclave/loader/reason.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <string>

namespace scone::loader {
namespace {

TEST(Reason, EachHasItsOwnLineAndAShellsStatus) {
  std::set<std::string> texts;
  for (int i = 1; i <= static_cast<int>(Reason::kOther); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_TRUE(texts.insert(describe(reason)).second) << describe(reason);
    EXPECT_EQ(std::strchr(describe(reason), '\n'), nullptr);
    EXPECT_GT(to_errno(reason).code(), 0);
    EXPECT_TRUE(exit_status(reason) == 126 || exit_status(reason) == 127);
    EXPECT_EQ(exit_status(reason) == 127, to_errno(reason).code() == ENOENT);
  }
}

TEST(Reason, ErrorsOfOtherPartsBecomeTheReasonThatSaysMost) {
  EXPECT_EQ(to_reason(Errno(ENOENT)), Reason::kNotFound);
  EXPECT_EQ(to_reason(Errno(ENOTDIR)), Reason::kNotADirectory);
  EXPECT_EQ(to_reason(Errno(EACCES)), Reason::kNoPermission);
  EXPECT_EQ(to_reason(Errno(ENOMEM)), Reason::kNoMemory);
  EXPECT_EQ(to_reason(Errno(EPROTO)), Reason::kOther);
}

TEST(Reason, RefuseNotesTheReason) {
  Reason why = Reason::kNone;
  EXPECT_EQ(refuse(Reason::kNotElf, why).code(), ENOEXEC);
  EXPECT_EQ(why, Reason::kNotElf);
}

}  // namespace
}  // namespace scone::loader
