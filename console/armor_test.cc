#include "console/armor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace scone::console {
namespace {

std::string armored(const std::string& bytes) {
  char line[kMaxLine];
  const size_t size = armor(Bytes(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), line);
  return {line, size};
}

std::string unarmored(std::string_view line) {
  uint8_t record[kMaxRecord];
  const size_t size = unarmor(line, record);
  return {reinterpret_cast<const char*>(record), size};
}

std::string without_newline(std::string line) {
  line.pop_back();
  return line;
}

// RFC 4648, section 10.
TEST(Armor, KnownAnswers) {
  EXPECT_EQ(armored("f"), "~scone:Zg==\n");
  EXPECT_EQ(armored("fo"), "~scone:Zm8=\n");
  EXPECT_EQ(armored("foo"), "~scone:Zm9v\n");
  EXPECT_EQ(armored("foobar"), "~scone:Zm9vYmFy\n");
}

TEST(Armor, GivesBackEverySize) {
  for (size_t size = 1; size <= kMaxRecord; ++size) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + size);
    ASSERT_EQ(unarmored(without_newline(armored(bytes))), bytes) << size;
  }
}

TEST(Armor, OneTextForEachRecord) {
  const std::string line = without_newline(armored("fo"));
  for (size_t at = 0; at < line.size(); ++at)
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = line;
      changed[at] = static_cast<char>(byte);
      EXPECT_TRUE(changed == line || unarmored(changed) != "fo") << at << " " << byte;
    }
}

TEST(Armor, RefusesWhatNobodyWrites) {
  for (const char* line : {"", "~scone:", "~scone:Zg", "~scone:Zg=", "~scone:Zh==", "~scone:====",
                           "~scone:Z===", "~scone:Zm9v\r\r", "~scone:Zm9v ", "Zm9v", "~scone:Zg==Zg=="})
    EXPECT_EQ(unarmored(line), "") << line;
  EXPECT_EQ(unarmored("~scone:" + std::string(4 * kMaxRecord, 'A')), "");
  EXPECT_EQ(unarmored("~scone:Zm9v\r"), "foo");
}

}  // namespace
}  // namespace scone::console
