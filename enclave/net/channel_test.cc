#include "enclave/net/channel.h"

#include <gtest/gtest.h>

#include <string>

#include "enclave/file/event_fd.h"
#include "tests/file/fake_host.h"
#include "tests/file/scratch.h"

namespace scone::net {
namespace {

class ChannelTest : public testing::TestWithParam<bool> {
 protected:
  Result<size_t> put(std::string text, bool stream, PassedFiles files = {}) {
    auto from = file::IoVector::of_runtime(text.data(), text.size());
    return channel_.put(from, stream, files, std::nullopt);
  }
  Result<Channel::Taken> take(std::string& text, size_t size, bool stream, bool peek = false) {
    text.assign(size, '?');
    auto to = file::IoVector::of_runtime(text.data(), text.size());
    auto taken = channel_.take(to, stream, peek);
    if (taken.ok()) text.resize(taken.value().count);
    return taken;
  }
  PassedFiles one_file() {
    PassedFiles files;
    EXPECT_TRUE(files.add(file::EventFd::create(0, false, 0).take()).ok());
    return files;
  }
  Channel channel_;
  std::string text_;
};

TEST_F(ChannelTest, AStreamJoinsWrites) {
  ASSERT_TRUE(put("ab", true).ok());
  ASSERT_TRUE(put("cd", true).ok());
  ASSERT_TRUE(take(text_, 3, true).ok());
  EXPECT_EQ(text_, "abc");
  ASSERT_TRUE(take(text_, 3, true).ok());
  EXPECT_EQ(text_, "d");
  EXPECT_EQ(take(text_, 3, true).error(), Errno(EAGAIN));
}

TEST_F(ChannelTest, MessagesStayApart) {
  ASSERT_TRUE(put("long one", false).ok());
  ASSERT_TRUE(put("", false).ok());
  ASSERT_TRUE(put("x", false).ok());
  auto taken = take(text_, 4, false).take();
  EXPECT_EQ(text_, "long");
  EXPECT_EQ(taken.length, 8u) << "the rest is lost";
  EXPECT_EQ(take(text_, 4, false).value().length, 0u);
  EXPECT_FALSE(channel_.empty());
  EXPECT_EQ(take(text_, 4, false).value().count, 1u);
  EXPECT_TRUE(channel_.empty());
}

TEST_F(ChannelTest, PeekingLeavesEverything) {
  ASSERT_TRUE(put("abc", true, one_file()).ok());
  EXPECT_EQ(take(text_, 2, true, true).value().files.size(), 1u);
  auto taken = take(text_, 10, true).take();
  EXPECT_EQ(text_, "abc");
  EXPECT_EQ(taken.files.size(), 1u);
}

TEST_F(ChannelTest, FilesAreBoundariesOfAStream) {
  ASSERT_TRUE(put("ab", true).ok());
  ASSERT_TRUE(put("cd", true, one_file()).ok());
  ASSERT_TRUE(put("ef", true).ok());
  EXPECT_TRUE(take(text_, 10, true).value().files.empty());
  EXPECT_EQ(text_, "ab");
  EXPECT_EQ(take(text_, 10, true).value().files.size(), 1u);
  EXPECT_EQ(text_, "cd");
  EXPECT_TRUE(take(text_, 10, true).value().files.empty());
  EXPECT_EQ(text_, "ef");
}

TEST_F(ChannelTest, AStreamTakesWhatFits) {
  const std::string large(Channel::kCapacity + 5, 'x');
  EXPECT_EQ(put(large, true).value_or(0), Channel::kCapacity);
  EXPECT_EQ(put("y", true).error(), Errno(EAGAIN));
  EXPECT_FALSE(channel_.has_room());
  ASSERT_TRUE(take(text_, Channel::kCapacity, true).ok());
  EXPECT_TRUE(channel_.has_room());
}

TEST_F(ChannelTest, AMessageGoesWholeOrNotAtAll) {
  EXPECT_EQ(put(std::string(Channel::kCapacity + 1, 'x'), false).error(), Errno(EMSGSIZE));
  ASSERT_TRUE(put(std::string(Channel::kCapacity - 1, 'x'), false).ok());
  EXPECT_EQ(put("yy", false).error(), Errno(EAGAIN));
  EXPECT_TRUE(put("y", false).ok());
}

TEST_F(ChannelTest, EmptyMessagesDoNotPileUp) {
  size_t count = 0;
  while (put("", false).ok()) ++count;
  EXPECT_EQ(count, Channel::kMaxRecords);
}

TEST_F(ChannelTest, AFaultInAMessageLeavesNoTrace) {
  ASSERT_TRUE(put("before", false).ok());
  std::string text(8192, 'x');
  file::IoVector from(file::app(text.data()), text.size());
  fake::UnmappedRange hole(text.data() + 5000, 100);
  PassedFiles none;
  EXPECT_EQ(channel_.put(from, false, none, std::nullopt).error(), Errno(EFAULT));
  EXPECT_EQ(channel_.used(), 6u);
  ASSERT_TRUE(put("after", false).ok());
  ASSERT_TRUE(take(text_, 10, false).ok());
  ASSERT_TRUE(take(text_, 10, false).ok());
  EXPECT_EQ(text_, "after");
}

TEST_F(ChannelTest, ShortageOfMemoryIsAnError) {
  for (int successes = 0; successes < 2; ++successes) {
    fake::MemoryShortage shortage(successes);
    EXPECT_EQ(put("x", true).error(), Errno(ENOMEM));
  }
  EXPECT_TRUE(channel_.empty());
  EXPECT_TRUE(put("x", true).ok());
}

}  // namespace
}  // namespace scone::net
