// The vDSO's file is one that programs, and the runtime's own loader and rewriter, can make something of.
#include <gtest/gtest.h>

#include <algorithm>

#include "enclave/loader/eh_frame.h"
#include "enclave/loader/elf_image.h"
#include "enclave/loader/memory_backing.h"

namespace scone::loader {
namespace {

TEST(Vdso, IsOneSegmentThatCannotBeWritten) {
  MemoryBacking file(file_bytes(VDSO_FILE));
  ElfImage image;
  Reason why{};
  ASSERT_TRUE(read_image(file, image, why).ok());
  EXPECT_TRUE(image.position_independent);
  ASSERT_EQ(image.loads().size(), 1u);
  const Segment& all = image.loads()[0];
  EXPECT_EQ(all.address, 0u);
  EXPECT_EQ(all.file.offset, 0u);
  EXPECT_EQ(all.file.size, all.memory_size);
  EXPECT_LE(all.memory_size, 4096u);
  EXPECT_EQ(all.prot, mm::Prot::kRead | mm::Prot::kExecute);
}

TEST(Vdso, HasUnwindTablesAndOneSystemCall) {
  const std::vector<uint8_t> bytes = file_bytes(VDSO_FILE);
  MemoryBacking file(bytes);
  const auto code = find_code(file, 0x10000, 0);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(code.value().bias, 0x10000u);
  EXPECT_TRUE(code.value().eh_frame.has_value());
  const uint8_t call[] = {0x0f, 0x05};
  const auto first = std::ranges::search(bytes, call);
  ASSERT_FALSE(first.empty());
  EXPECT_TRUE(std::ranges::search(std::ranges::subrange(first.end(), bytes.end()), call).empty());
}

}  // namespace
}  // namespace scone::loader
