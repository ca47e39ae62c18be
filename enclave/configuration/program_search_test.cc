#include "enclave/configuration/program_search.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace scone::configuration {
namespace {

using namespace std::string_literals;

std::vector<std::string> paths(const std::string& arguments, const std::string& environment,
                               const char* program = "") {
  scf::Configuration configuration;
  configuration.arguments = scf::StringList(arguments);
  configuration.environment = scf::StringList(environment);
  configuration.program = program;
  ProgramSearch search(configuration);
  std::vector<std::string> result;
  char path[ProgramSearch::kMaxPath];
  while (search.next(path)) result.emplace_back(path);
  return result;
}

using Paths = std::vector<std::string>;

TEST(ProgramSearch, FollowsPath) {
  EXPECT_EQ(paths("ls\0"s, "A=1\0PATH=/a:/b/c::/d\0"s), (Paths{"/a/ls", "/b/c/ls", "ls", "/d/ls"}));
  EXPECT_EQ(paths("ls\0-l\0"s, "XPATH=/a\0"s), (Paths{"/bin/ls", "/usr/bin/ls"}));
  EXPECT_EQ(paths("ls\0"s, "PATH=\0"s), (Paths{"ls"}));
}

TEST(ProgramSearch, TakesAPathAsItIs) {
  EXPECT_EQ(paths("./ls\0"s, "PATH=/a\0"s), Paths{"./ls"});
  EXPECT_EQ(paths("shown\0"s, "PATH=/a\0"s, "/bin/real"), Paths{"/bin/real"});
}

TEST(ProgramSearch, LeavesOutWhatCannotBe) {
  EXPECT_EQ(paths("\0"s, "PATH=/a:/b\0"s), Paths{});
  EXPECT_EQ(paths("ls\0"s, "PATH=/" + std::string(5000, 'x') + ":/b\0"s), Paths{"/b/ls"});
}

}  // namespace
}  // namespace scone::configuration
