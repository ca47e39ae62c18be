#include "enclave/file/maps_text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace scone::file {
namespace {

// A line of the kernel's, taken apart.
struct ParsedLine {
  mm::VmaInfo vma{};
  std::string name;
};

ParsedLine parse(const std::string& line) {
  ParsedLine parsed;
  unsigned long begin, end, offset, inode;
  unsigned major, minor;
  char rights[5];
  int name_at = 0;
  EXPECT_EQ(sscanf(line.c_str(), "%lx-%lx %4s %lx %x:%x %lu %n", &begin, &end, rights, &offset, &major,
                   &minor, &inode, &name_at),
            7);
  auto& vma = parsed.vma;
  vma.begin = begin;
  vma.end = end;
  vma.offset = offset;
  vma.inode = inode;
  vma.device = (minor & 0xff) | major << 8 | static_cast<uint64_t>(minor & ~0xffu) << 12;
  vma.prot = mm::Prot((rights[0] == 'r' ? 1 : 0) | (rights[1] == 'w' ? 2 : 0) | (rights[2] == 'x' ? 4 : 0));
  vma.shared = rights[3] == 's';
  parsed.name = line.substr(static_cast<size_t>(name_at));
  return parsed;
}

TEST(MapLine, IsWhatTheKernelWouldWrite) {
  std::ifstream maps("/proc/self/maps");
  int lines = 0;
  for (std::string line; std::getline(maps, line); ++lines) {
    ParsedLine parsed = parse(line);
    parsed.vma.name = parsed.name;
    Text text;
    append_map_line(text, parsed.vma);
    EXPECT_EQ(text.view(), line + "\n");
  }
  EXPECT_GT(lines, 5);
}

TEST(MapLine, SeparatesALongPrefixFromTheName) {
  mm::VmaInfo vma{};
  vma.begin = 0xffffffffff600000;
  vma.end = 0xffffffffff601000;
  vma.offset = 0x123456789abcdef0;
  vma.inode = UINT64_MAX;
  vma.name = "/a";
  Text text;
  append_map_line(text, vma);
  EXPECT_NE(text.view().find("18446744073709551615 "), std::string_view::npos);
  EXPECT_TRUE(text.view().ends_with(" /a\n"));
}

}  // namespace
}  // namespace scone::file
