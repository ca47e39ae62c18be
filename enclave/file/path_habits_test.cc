// What is guessed, and when no longer.
#include "enclave/file/path_habits.h"

#include <gtest/gtest.h>

#include "tests/file/fake_host.h"

namespace scone::file::path_habits {
namespace {

TEST(PathHabitsTest, OfContentsOnlyFewBytesAreFetched) {
  const uint32_t name = hash("a file that is read");
  EXPECT_EQ(read_size(name), 0u);
  note_read(name, 1000);
  EXPECT_EQ(read_size(name), 1000u);
  note_read(name, 1 << 20);
  EXPECT_EQ(read_size(name), 1000u);
}

TEST(PathHabitsTest, AnOpenIsExpectedWhereItFollowedTheLastTime) {
  const uint32_t name = hash("a file that is looked at, then opened");
  EXPECT_FALSE(expected_open(name));
  note_open(name, 0x80000);
  EXPECT_EQ(expected_open(name), 0x80000);
  note_open(name, 0x80000);
  EXPECT_EQ(expected_open(name), 0x80000);
}

TEST(PathHabitsTest, AnExpectationThatWasNotFulfilledIsTheLast) {
  const uint32_t name = hash("a file that was opened once");
  note_open(name, 0);
  EXPECT_TRUE(expected_open(name));
  EXPECT_FALSE(expected_open(name));
  EXPECT_FALSE(expected_open(name));
}

TEST(PathHabitsTest, TheSameQuestionAFewCrossingsLaterIsOften) {
  const uint32_t question = hash("a question");
  EXPECT_FALSE(often_asked(question));
  fake::cross();
  EXPECT_TRUE(often_asked(question));
  for (int i = 0; i < 20; ++i) fake::cross();
  EXPECT_FALSE(often_asked(question));
}

}  // namespace
}  // namespace scone::file::path_habits
