#include "cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace scone::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<int> cores(const ConfigFile& file) {
  std::vector<int> result;
  for (const ConfigFile::Ethread& ethread : file.ethreads) result.push_back(ethread.core);
  return result;
}

ConfigFile parse(std::string_view text) {
  std::string error;
  const auto file = parse_config_file("f", text, error);
  EXPECT_TRUE(file) << error;
  return file.value_or(ConfigFile{});
}

std::string error_of(std::string_view text) {
  std::string error;
  EXPECT_FALSE(parse_config_file("f", text, error)) << text;
  return error;
}

// The file that SCONE's documentation recommends.
TEST(ConfigFile, TakesTheUsualOne) {
  const ConfigFile file =
      parse("Q 4\ne -1 0 0\ns -1 0 0\ne -1 1 0\ns -1 1 0\ne -1 2 0\ns -1 2 0\ne -1 3 0\ns -1 3 0\n");
  EXPECT_THAT(cores(file), ElementsAre(-1, -1, -1, -1));
  EXPECT_EQ(file.ignored, "Qs");
  EXPECT_FALSE(file.heap);
}

TEST(ConfigFile, TakesEveryCommand) {
  const ConfigFile file = parse("Q 1\nH 67108864\nP 100\nL 4000\ns 1 0 0\ne 0 0 0\n");
  EXPECT_THAT(cores(file), ElementsAre(0));
  EXPECT_EQ(file.heap, 64u << 20);
  EXPECT_EQ(file.ignored, "QPLs");
  EXPECT_EQ(file.path, "f");
}

TEST(ConfigFile, KnowsTheLineOfAnEthread) { EXPECT_EQ(parse("\n# none\ne 3 0 0").ethreads.at(0).line, 3u); }

TEST(ConfigFile, SkipsCommentsAndSpace) {
  const ConfigFile file = parse("# all of it\r\n\n \t\n  e\t2 0  0 # one\r\n#e 1 0 0\nH 1G#");
  EXPECT_THAT(cores(file), ElementsAre(2));
  EXPECT_EQ(file.heap, 1u << 30);
}

TEST(ConfigFile, MayBeEmpty) {
  EXPECT_THAT(parse("").ethreads, IsEmpty());
  EXPECT_EQ(parse("\n").ignored, "");
}

TEST(ConfigFile, TakesTheLastHeap) { EXPECT_EQ(parse("H 2M\nH 4M").heap, 4u << 20); }

TEST(ConfigFile, NamesTheLineOfAnError) {
  EXPECT_THAT(error_of("Q 4\n\nX 1\n"), HasSubstr("f:3: 'X' is none of the commands"));
  EXPECT_EQ(error_of("e 0 0"), "f:1: wants e CORE QUEUE 0");
}

TEST(ConfigFile, RefusesWhatIsNoCommand) {
  for (const char* text : {"q 1", "E 0 0 0", "Q1", "Queues 1", "1", "=", "Q=1"})
    EXPECT_THAT(error_of(text), HasSubstr("none of"));
}

TEST(ConfigFile, RefusesAnotherNumberOfArguments) {
  for (const char* text : {"Q", "Q 1 2", "H", "H 1 M", "P", "L 1 1", "s 0 0", "s", "e", "e 0", "e 0 0 0 0"})
    EXPECT_THAT(error_of(text), HasSubstr("wants "));
}

TEST(ConfigFile, RefusesWhatIsNoNumber) {
  for (const char* text :
       {"Q x", "Q 1.5", "P 1K", "L 99999999999", "e a 0 0", "s 0 +1 0", "e 0x1 0 0", "e - 0 0"})
    EXPECT_THAT(error_of(text), HasSubstr("is not a number"));
  for (const char* text : {"Q -1", "P -1", "e 0 -1 0", "s 0 0 -1"})
    EXPECT_THAT(error_of(text), HasSubstr("is negative"));
}

TEST(ConfigFile, RefusesRealtime) { EXPECT_THAT(error_of("e 0 0 1"), HasSubstr("realtime")); }

TEST(ConfigFile, RefusesHeapsOfOtherSizes) {
  for (const char* text : {"H 0", "H 4096", "H -1", "H 9T", "H many", "H 1X", "H 99999999999999999999"})
    EXPECT_THAT(error_of(text), HasSubstr("is no size between 1M and 8T"));
}

TEST(ConfigFile, RefusesMoreEthreadsThanThereMayBe) {
  std::string text;
  for (int i = 0; i < 16; ++i) text += "e -1 0 0\n";
  EXPECT_EQ(parse(text).ethreads.size(), 16u);
  EXPECT_EQ(error_of(text + "e -1 0 0\n"), "f:17: more than 16 ethreads");
}

TEST(ConfigFile, IsBytes) {
  EXPECT_THAT(error_of(std::string_view("Q\0 1", 4)), HasSubstr("f:1: "));
  EXPECT_THAT(error_of("\xff\xfe"), HasSubstr("f:1: "));
}

class NamedConfigFile : public testing::Test {
 protected:
  NamedConfigFile() { setenv(kConfigVariable, path_.c_str(), 1); }
  ~NamedConfigFile() override {
    unsetenv(kConfigVariable);
    unlink(path_.c_str());
  }
  const std::string path_ = testing::TempDir() + "config_file_test." + std::to_string(getpid());
};

TEST_F(NamedConfigFile, IsRead) {
  std::ofstream(path_) << "e 0 0 0\n";
  std::string error;
  const auto file = read_config_file(error);
  ASSERT_TRUE(file) << error;
  EXPECT_EQ(file->ethreads.size(), 1u);
  EXPECT_EQ(file->path, path_);
}

TEST_F(NamedConfigFile, MustExist) {
  std::string error;
  EXPECT_FALSE(read_config_file(error));
  EXPECT_EQ(error, "SCONE_CONFIG: " + path_ + ": No such file or directory");
}

TEST_F(NamedConfigFile, IsNotEndless) {
  setenv(kConfigVariable, "/dev/zero", 1);
  std::string error;
  EXPECT_FALSE(read_config_file(error));
  EXPECT_THAT(error, HasSubstr("larger than"));
}

}  // namespace
}  // namespace scone::cli
