#include "enclave/file/text.h"

#include <gtest/gtest.h>

#include <string>

namespace scone::file {
namespace {

TEST(FixedText, FormatsNumbersInAllBases) {
  FixedText<200> text;
  text.append_number(0);
  text.append(" ");
  text.append_number(UINT64_MAX);
  text.append(" ");
  text.append_number(42, 6);
  text.append(" ");
  text.append_hex(0xabc, 8);
  text.append(" ");
  text.append_octal(UINT64_MAX);
  text.append(" ");
  text.append_signed(INT64_MIN);
  text.append(" ");
  text.append_signed(-1);
  EXPECT_EQ(text.view(),
            "0 18446744073709551615     42 00000abc 1777777777777777777777 -9223372036854775808 -1");
}

TEST(FixedText, CutsWhatDoesNotFitAndStaysTerminated) {
  FixedText<5> text;
  text.append("abc");
  text.append("def");
  EXPECT_EQ(text.view(), "abcd");
  EXPECT_EQ(std::string(text.c_str()), "abcd");
  text.append("x");
  EXPECT_EQ(text.view(), "abcd");
}

TEST(Text, GrowsAndKeepsWhatItHad) {
  Text text;
  std::string expected;
  for (unsigned i = 0; i < 5000; ++i) {
    text.append_number(i);
    expected += std::to_string(i);
  }
  EXPECT_TRUE(text.status().ok());
  EXPECT_EQ(text.view(), expected);
}

TEST(Text, MovesItsMemory) {
  Text first;
  first.append("something");
  const char* place = first.view().data();
  Text second(std::move(first));
  EXPECT_EQ(second.view().data(), place);
  EXPECT_TRUE(first.view().empty());
}

}  // namespace
}  // namespace scone::file
