#include "console/line_splitter.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace scone::console {
namespace {

std::vector<std::string> lines_of(const std::string& text, size_t step) {
  LineSplitter splitter;
  std::vector<std::string> lines;
  std::string_view line;
  for (size_t at = 0; at < text.size();) {
    EXPECT_GT(splitter.room(), 0u);
    const size_t size = std::min({step, splitter.room(), text.size() - at});
    memcpy(splitter.tail(), text.data() + at, size);
    splitter.added(size);
    at += size;
    while (splitter.next(line)) lines.emplace_back(line);
  }
  lines.emplace_back(splitter.rest());
  return lines;
}

TEST(LineSplitter, CutsWhateverThePiecesAre) {
  const std::string text = "one\n\nthree\n" + std::string(4000, 'x') + "\nrest";
  const std::vector<std::string> expected{"one", "", "three", std::string(4000, 'x'), "rest"};
  for (size_t step : {1, 2, 3, 7, 1000, 100000}) EXPECT_EQ(lines_of(text, step), expected) << step;
}

TEST(LineSplitter, EndlessLinesComeInPieces) {
  const std::string text = std::string(100000, 'x') + "\nafter\n";
  const std::vector<std::string> lines = lines_of(text, 5000);
  std::string all;
  for (const std::string& line : lines) all += line;
  EXPECT_EQ(all, std::string(100000, 'x') + "after");
  EXPECT_EQ(lines[lines.size() - 2], "after");
}

}  // namespace
}  // namespace scone::console
