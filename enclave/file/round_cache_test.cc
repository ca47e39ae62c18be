// What may be found again, and until when.
#include <fcntl.h>
#include <sys/stat.h>
#define _ASM_X86_STAT_H  // the same struct, which the C library has declared already
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "enclave/file/path_habits.h"
#include "enclave/file/round_cache.h"
#include "tests/file/fake_host.h"

namespace scone::file::round_cache {
namespace {

class RoundCacheTest : public testing::Test {
 protected:
  RoundCacheTest() {
    fake::set_now_ns(1000);
    forget_all();
  }
  ~RoundCacheTest() override {
    forget_all();
    fake::set_now_ns(0);
  }

  static Opened opened() {
    Opened made;
    made.descriptor = HostDescriptor::create(HostFd::adopt(static_cast<uint64_t>(dup(0))).take()).take();
    made.snapshot = Ref<Snapshot>::adopt(new (std::nothrow) Snapshot);
    return made;
  }
  // One open(2): the question, its crossing, the answer.
  static Opened open(const std::string& path, int flags = 0) {
    const Question question(path_habits::hash(path));
    fake::cross();
    forget_all();
    Opened made = opened();
    remember_open(question, path, flags, made);
    return made;
  }

  fake::BatchingGuard batching_;
};

TEST_F(RoundCacheTest, FindsWhatWasJustOpened) {
  Opened made = open("file");
  auto found = find_open("file", 0);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->descriptor.get(), made.descriptor.get());
  EXPECT_EQ(find(*made.descriptor).get(), made.snapshot.get());
  EXPECT_FALSE(find_open("file", 1));
  EXPECT_FALSE(find_open("fil", 0));
}

TEST_F(RoundCacheTest, ACrossingMakesItForgotten) {
  Opened made = open("file");
  fake::cross();
  forget_all();
  EXPECT_FALSE(find_open("file", 0));
  EXPECT_FALSE(find(*made.descriptor));
}

TEST_F(RoundCacheTest, AnAnswerThatAnotherCrossingOvertookIsNotRemembered) {
  const Question question(path_habits::hash("file"));
  fake::cross();
  fake::cross_elsewhere();
  forget_all();
  remember_open(question, "file", 0, opened());
  EXPECT_FALSE(find_open("file", 0));
  struct ::stat stat = {};
  remember_stat(question, "file", 0, stat);
  EXPECT_FALSE(find_stat("file", 0, stat));
}

TEST_F(RoundCacheTest, AnAnswerThatCameWithOthersIsForItsAskerOnly) {
  fake::set_company(true);
  for (int i = 0; i < 20; ++i) fake::cross();  // so that no other test asked just before
  open("asked once");
  EXPECT_FALSE(find_open("asked once", 0));
  open("asked once");  // again: now it leaves at once
  EXPECT_TRUE(find_open("asked once", 0));
  fake::set_company(false);
}

TEST_F(RoundCacheTest, WhatIsForgottenDoesNotComeBackWithTheNextEntry) {
  open("old");
  fake::cross();
  forget_all();
  open("new");
  EXPECT_FALSE(find_open("old", 0));
  EXPECT_TRUE(find_open("new", 0));
}

TEST_F(RoundCacheTest, WhoLooksAgainAndAgainWithoutACrossingSeesChangesInTheEnd) {
  open("file");
  fake::set_now_ns(500'000);
  EXPECT_TRUE(find_open("file", 0));
  fake::set_now_ns(1'100'000);
  EXPECT_FALSE(find_open("file", 0));
}

TEST_F(RoundCacheTest, MoreThanThereIsRoomForReplacesTheOldest) {
  const int before = fake::owned_descriptors();
  const Question question(path_habits::hash("file"));
  fake::cross();
  for (int i = 0; i < 200; ++i) remember_open(question, "file" + std::to_string(i), 0, opened());
  EXPECT_TRUE(find_open("file199", 0));
  EXPECT_FALSE(find_open("file0", 0));
  forget_all();
  EXPECT_EQ(fake::owned_descriptors(), before);
}

TEST_F(RoundCacheTest, NamesTooLongAreLeftAlone) {
  const std::string name(241, 'n');
  open(name);
  EXPECT_FALSE(find_open(name, 0));
  EXPECT_FALSE(find_open("", 0));
}

TEST_F(RoundCacheTest, ThatThereIsNoSuchFileIsAnAnswer) {
  struct ::stat stat = {};
  const Question question(~path_habits::hash("file"));
  fake::cross();
  remember_absent(question, "file", 0);
  auto found = find_stat("file", 0, stat);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->error(), Errno(ENOENT));
  EXPECT_FALSE(find_stat("file", AT_SYMLINK_NOFOLLOW, stat));
  fake::cross();
  forget_all();
  EXPECT_FALSE(find_stat("file", 0, stat));
}

TEST_F(RoundCacheTest, SoAreTheAttributesOfAnOpenFile) {
  const Opened one = opened(), other = opened();
  struct ::stat stat = {};
  stat.st_mode = S_IFREG;
  stat.st_size = 5;
  fake::cross();
  remember_stat({}, *one.descriptor, stat);
  stat.st_mode = S_IFIFO;
  remember_stat({}, *other.descriptor, stat);
  EXPECT_FALSE(find_stat(*other.descriptor, stat)) << "a pipe's change by themselves";
  ASSERT_TRUE(find_stat(*one.descriptor, stat));
  EXPECT_EQ(stat.st_size, 5);
  fake::cross();
  forget_all();
  EXPECT_FALSE(find_stat(*one.descriptor, stat));
}

TEST(RoundCacheWithoutBatching, NothingIsRemembered) {
  const Question question(path_habits::hash("file"));
  struct ::stat stat = {};
  remember_stat(question, "file", 0, stat);
  EXPECT_FALSE(find_stat("file", 0, stat));
}

}  // namespace
}  // namespace scone::file::round_cache
