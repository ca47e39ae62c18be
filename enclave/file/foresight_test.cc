// What is asked together with a lock, and what becomes of the answers.
#include "enclave/file/foresight.h"

#include <asm/unistd.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tests/file/fake_host.h"

namespace scone::file::foresight {
namespace {

class ForesightTest : public testing::Test {
 protected:
  ForesightTest() : fd_(open(".", O_TMPFILE | O_RDWR, 0600)) {
    EXPECT_EQ(pwrite(fd_, "0123456789", 10, 0), 10);
    forget_all();
  }
  ~ForesightTest() override {
    forget_all();
    close(fd_);
  }

  uint64_t number() const { return static_cast<uint64_t>(fd_); }
  // A system call that locks `what`; here one without effect.
  int64_t lock(uint32_t what) {
    auto result = act({__NR_fcntl, {number(), F_GETFL}}, number(), what);
    return result.ok() ? 0 : -result.error().code();
  }
  // The program asks. True if the answer was here; otherwise the question crosses.
  bool ask(const Inquiry& inquiry) {
    answer_ = find(inquiry);
    if (!answer_) cross();
    return answer_.has_value();
  }
  static void cross() {
    fake::cross();
    forget_all();
  }
  static long calls(uint64_t number) {
    const auto& numbers = fake::journal().numbers;
    return std::count(numbers.begin(), numbers.end(), number);
  }

  fake::BatchingGuard batching_;
  int fd_;
  std::optional<Answer> answer_;
};

TEST_F(ForesightTest, WhatFollowedALockComesWithItTheNextTime) {
  const Inquiry read = Inquiry::read(number(), 3, 4), size = Inquiry::stat(number());
  lock(1);
  EXPECT_FALSE(ask(read));
  EXPECT_FALSE(ask(size));
  lock(1);
  ASSERT_TRUE(ask(size));
  EXPECT_EQ(answer_->result, 0);
  ASSERT_TRUE(ask(read));
  ASSERT_EQ(answer_->result, 4);
  char text[4];
  answer_->bytes.read(0, text, 4);
  EXPECT_EQ(std::string(text, 4), "3456");
}

TEST_F(ForesightTest, AnAnswerIsForOneUse) {
  lock(2);
  ask(Inquiry::stat(number()));
  lock(2);
  EXPECT_TRUE(ask(Inquiry::stat(number())));
  EXPECT_FALSE(ask(Inquiry::stat(number())));
}

TEST_F(ForesightTest, AnErrorIsAnAnswer) {
  const Inquiry journal = *Inquiry::stat_path("/there/is/no/such/file", 0);
  lock(3);
  EXPECT_FALSE(ask(journal));
  lock(3);
  ASSERT_TRUE(ask(journal));
  EXPECT_EQ(answer_->result, -ENOENT);
}

TEST_F(ForesightTest, ACrossingMakesAnswersForgotten) {
  lock(4);
  ask(Inquiry::stat(number()));
  lock(4);
  cross();
  EXPECT_FALSE(ask(Inquiry::stat(number())));
}

TEST_F(ForesightTest, WhatIsNotWantedIsNotAskedAgain) {
  lock(5);
  ask(Inquiry::stat(number()));
  lock(5);
  fake::journal().clear();
  lock(5);
  EXPECT_EQ(calls(__NR_fstat), 0);
}

TEST_F(ForesightTest, AQuestionBehindAnotherCrossingIsNotLearned) {
  lock(6);
  cross();  // a write, say: an answer from before it would be old
  ask(Inquiry::stat(number()));
  fake::journal().clear();
  lock(6);
  EXPECT_EQ(calls(__NR_fstat), 0);
}

TEST_F(ForesightTest, AQuestionAboutAnotherDescriptorIsNot) {
  lock(7);
  ask(Inquiry::stat(0));
  fake::journal().clear();
  lock(7);
  EXPECT_EQ(calls(__NR_fstat), 0);
}

TEST_F(ForesightTest, LocksOfDifferentThingsHaveTheirOwn) {
  lock(8);
  ask(Inquiry::stat(number()));
  fake::journal().clear();
  lock(9);
  EXPECT_EQ(calls(__NR_fstat), 0);
}

// A lock that was granted inside: the first question that is due takes the others along.
TEST_F(ForesightTest, QuestionsBehindALockInsideAreAskedTogether) {
  const Inquiry size = Inquiry::stat(number()), read = Inquiry::read(number(), 3, 4);
  note_act_inside(number(), 10);
  EXPECT_FALSE(ask(size));
  EXPECT_FALSE(ask(read));
  note_act_inside(number(), 10);
  fake::journal().clear();
  EXPECT_TRUE(ask(size));
  EXPECT_TRUE(ask(read));
  EXPECT_EQ(calls(__NR_fstat), 1);
  EXPECT_EQ(calls(__NR_pread64), 1);
}

TEST_F(ForesightTest, ThoseThatNobodyAsksStayHome) {
  note_act_inside(number(), 11);
  ask(Inquiry::stat(number()));
  note_act_inside(number(), 11);
  fake::journal().clear();
  EXPECT_FALSE(ask(Inquiry::read(number(), 0, 1)));
  EXPECT_EQ(calls(__NR_fstat), 0);
}

TEST_F(ForesightTest, AHabitSurvivesRoundsInWhichNothingWasAsked) {
  const Inquiry size = Inquiry::stat(number());
  note_act_inside(number(), 12);
  ask(size);
  for (int i = 0; i < 5; ++i) note_act_inside(number(), 12);  // answered from elsewhere
  EXPECT_TRUE(ask(size));
}

}  // namespace
}  // namespace scone::file::foresight
