#include <gtest/gtest.h>

#include <string>

#include "enclave/file/text.h"
#include "tests/file/fake_host.h"

namespace scone::file {
namespace {

TEST(TextMemory, ShortageIsRememberedAndDropsWhatComesAfter) {
  Text text;
  text.append("begin");
  {
    fake::MemoryShortage shortage;
    EXPECT_EQ(text.extend(1 << 20), nullptr);
  }
  EXPECT_EQ(text.status().error(), Errno(ENOMEM));
  text.append("more");
  EXPECT_EQ(text.view(), "begin");
  text.clear();
  text.append("again");
  EXPECT_TRUE(text.status().ok());
  EXPECT_EQ(text.view(), "again");
}

}  // namespace
}  // namespace scone::file
