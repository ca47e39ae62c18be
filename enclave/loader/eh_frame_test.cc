#include "enclave/loader/eh_frame.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "enclave/loader/memory_backing.h"

namespace scone::loader {
namespace {

// The C library as the system's own loader mapped it here.
struct Library {
  std::string path;
  uint64_t bias = 0, eh_frame = 0, code = 0, code_offset = 0;
};

Library libc() {
  Library library;
  dl_find_object object{};
  if (_dl_find_object(reinterpret_cast<void*>(&std::abort), &object) != 0) return library;
  library.bias = reinterpret_cast<uint64_t>(object.dlfo_map_start);
  library.eh_frame = reinterpret_cast<uint64_t>(object.dlfo_eh_frame);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0, offset = 0;
    char rights[5], path[300];
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %lx %*s %*s %299s", &begin, &end, rights, &offset, path) != 5)
      continue;
    const auto address = reinterpret_cast<uint64_t>(&std::abort);
    if (address < begin || address >= end) continue;
    library.path = path;
    library.code = begin;
    library.code_offset = offset;
  }
  return library;
}

TEST(FindCode, AgreesWithTheSystemsLoader) {
  const Library library = libc();
  ASSERT_NE(library.eh_frame, 0u);
  MemoryBacking file(file_bytes(library.path));
  file.claimed_size = std::filesystem::file_size(library.path);
  auto layout = find_code(file, library.code, library.code_offset);
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(layout.value().bias, library.bias);
  ASSERT_TRUE(layout.value().eh_frame.has_value());
  EXPECT_EQ(layout.value().eh_frame->address + layout.value().bias, library.eh_frame);
  EXPECT_EQ(layout.value().code.address + layout.value().bias, library.code);
}

TEST(FindCode, AMappingInTheMiddleOfTheSegmentHasTheSameBias) {
  const Library library = libc();
  MemoryBacking file(file_bytes(library.path));
  file.claimed_size = std::filesystem::file_size(library.path);
  auto layout = find_code(file, library.code + 0x5000, library.code_offset + 0x5000);
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(layout.value().bias, library.bias);
}

TEST(FindCode, RefusesOffsetsWithoutCodeAndFilesThatAreNoElf) {
  const Library library = libc();
  MemoryBacking file(file_bytes(library.path));
  file.claimed_size = std::filesystem::file_size(library.path);
  EXPECT_FALSE(find_code(file, 0x10000, 0).ok());
  EXPECT_FALSE(find_code(file, 0x10000, ~uint64_t{4095}).ok());
  MemoryBacking text(std::vector<uint8_t>(5000, 'x'));
  EXPECT_EQ(find_code(text, 0x10000, 0).error().code(), ENOEXEC);
  MemoryBacking nothing({});
  EXPECT_EQ(find_code(nothing, 0x10000, 0).error().code(), ENOEXEC);
}

TEST(FindCode, MutatedHeadersNeverPointOutOfTheFile) {
  const Library library = libc();
  std::vector<uint8_t> whole = file_bytes(library.path);
  whole.resize(8 << 10);
  std::mt19937_64 random(2);
  int found_some = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> bytes = whole;
    for (int i = 0; i < 5; ++i) bytes[random() % 1000] = static_cast<uint8_t>(random());
    MemoryBacking file(std::move(bytes));
    file.claimed_size = 4 << 20;
    auto layout = find_code(file, random() & ~uint64_t{4095}, random() % (4 << 20) & ~uint64_t{4095});
    if (!layout.ok()) continue;
    const CodeLayout& found = layout.value();
    ++found_some;
    ASSERT_LE(found.code.file.offset + found.code.file.size, uint64_t{4 << 20});
    if (found.eh_frame) {
      ASSERT_LE(found.eh_frame->file.offset + found.eh_frame->file.size, uint64_t{4 << 20});
    }
  }
  EXPECT_GT(found_some, 1000) << "the mutations are too wild to reach anything";
}

}  // namespace
}  // namespace scone::loader
