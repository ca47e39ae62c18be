// Whatever bytes a function consists of: the rewriter comes to an end, and what it did passes the independent checker.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "enclave/rewrite/references.h"
#include "tests/rewrite/elf_file.h"
#include "tests/rewrite/segment.h"

namespace scone::rewrite {
namespace {

// Functions of the C library that make system calls.
const std::vector<Bytes>& real_functions() {
  static const std::vector<Bytes> functions = [] {
    std::vector<Bytes> found;
    ElfFile libc("/lib/x86_64-linux-gnu/libc.so.6");
    for (const FunctionRange& function : libc.functions()) {
      if (!libc.code().contains(function.begin) || function.end - function.begin > 2000) continue;
      auto begin = libc.original().begin() + static_cast<ptrdiff_t>(function.begin - libc.code().address);
      Bytes bytes(begin, begin + static_cast<ptrdiff_t>(function.end - function.begin));
      if (count_syscall_bytes(bytes) != 0) found.push_back(bytes);
    }
    return found;
  }();
  return functions;
}

void edit(Bytes& bytes, std::mt19937& random) {
  // Bytes that matter more often than others.
  constexpr uint8_t kFavourites[] = {0x0f, 0x05, 0xe9, 0xe8, 0xeb, 0x74, 0xc3,
                                     0xf0, 0x66, 0x48, 0xff, 0x90, 0x67};
  size_t at = random() % bytes.size();
  switch (random() % 4) {
    case 0:
      bytes[at] = static_cast<uint8_t>(random());
      break;
    case 1:
      bytes[at] = kFavourites[random() % std::size(kFavourites)];
      break;
    case 2:
      bytes[at] = static_cast<uint8_t>(bytes[at] ^ 1 << random() % 8);
      break;
    default:
      if (at + 2 <= bytes.size()) std::copy_n("\x0f\x05", 2, bytes.begin() + static_cast<ptrdiff_t>(at));
  }
}

class Property : public testing::TestWithParam<unsigned> {};

TEST_P(Property, EveryAcceptedPatchPassesTheChecker) {
  if (real_functions().empty()) GTEST_SKIP() << "no C library with unwind tables here";
  std::mt19937 random(GetParam());
  uint32_t rewritten = 0, left = 0;
  for (int round = 0; round < 1500; ++round) {
    Segment segment;
    for (uint64_t i = 1 + random() % 3; i > 0; --i) {
      Bytes bytes = real_functions()[random() % real_functions().size()];
      for (uint64_t edits = random() % 6; edits > 0; --edits) edit(bytes, random);
      if (random() % 4)
        segment.function(bytes);
      else
        segment.gap(bytes);
    }
    segment.area_size = 24 << 10;
    if (random() % 2) segment.area_address = Segment::kCode - (1 << 20);
    Result<Outcome> outcome = segment.rewrite();
    ASSERT_TRUE(outcome.ok());
    ASSERT_EQ(segment.complaint(), "") << "seed " << GetParam() << " round " << round;
    rewritten += outcome.value().rewritten;
    left += outcome.value().left;
  }
  // The edits are neither without effect nor do they spoil everything.
  EXPECT_GT(rewritten, 500u);
  EXPECT_GT(left, 100u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Property, testing::Range(1u, 5u));

TEST(Property, NoiseWithoutTables) {
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    Bytes noise(16 + random() % 600);
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random());
    for (int i = 0; i < 8; ++i) edit(noise, random);
    Segment segment;
    segment.gap(noise);
    segment.area_size = 20 << 10;
    ASSERT_TRUE(segment.rewrite().ok());
    ASSERT_EQ(segment.complaint(), "") << "round " << round;
  }
}

}  // namespace
}  // namespace scone::rewrite
