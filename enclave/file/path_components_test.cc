#include "enclave/file/path_components.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace scone::file {
namespace {

std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  for (PathComponents components(path); !components.at_end();) names.emplace_back(components.next());
  return names;
}

TEST(PathComponents, SkipsSlashesAndDots) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of("/proc/self/maps"), (Names{"proc", "self", "maps"}));
  EXPECT_EQ(names_of("//proc/.//self/./maps//"), (Names{"proc", "self", "maps"}));
  EXPECT_EQ(names_of("/./proc/."), (Names{"proc"}));
  EXPECT_EQ(names_of("/"), Names{});
  EXPECT_EQ(names_of(""), Names{});
  EXPECT_EQ(names_of("."), Names{});
}

TEST(PathComponents, KeepsNamesThatOnlyLookLikeDots) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of("/../..a/.b/..."), (Names{"..", "..a", ".b", "..."}));
}

TEST(PathComponents, TellsWhatIsLeft) {
  PathComponents components("/proc/self/fd/3/sub//dir/");
  for (int i = 0; i < 4; ++i) components.next();
  EXPECT_EQ(components.rest(), "sub//dir/");
  EXPECT_EQ(components.peek(), "sub");
  EXPECT_EQ(components.rest(), "sub//dir/");
}

TEST(ParseNumber, TakesWhatTheKernelWrites) {
  EXPECT_EQ(parse_number("0"), 0);
  EXPECT_EQ(parse_number("7"), 7);
  EXPECT_EQ(parse_number("999999999"), 999999999);
}

TEST(ParseNumber, RefusesEverythingElse) {
  for (const char* text : {"", "-1", "+1", "01", "00", "1a", "a", " 1", "1 ", "9999999999", "4294967296"})
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

}  // namespace
}  // namespace scone::file
