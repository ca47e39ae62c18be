#include "enclave/loader/segment_plan.h"

#include <gtest/gtest.h>

namespace scone::loader {
namespace {

ElfImage image_of(uint64_t begin, uint64_t end, uint64_t alignment = 4096) {
  ElfImage image{};
  image.begin = begin;
  image.end = end;
  image.alignment = alignment;
  return image;
}

TEST(SegmentPlan, DataWithBssIsFilePartialPageAndAnonymous) {
  const Segment data{
      .address = 0x2800, .memory_size = 0x3000, .file = {0x1800, 0x100}, .prot = mm::kReadWrite};
  const SegmentPlan plan = plan_segment(data, 0x10000);
  EXPECT_EQ(plan.file.begin, 0x12000u);
  EXPECT_EQ(plan.file.end, 0x13000u);
  EXPECT_EQ(plan.file_offset, 0x1000u);
  EXPECT_EQ(plan.zero.begin, 0x12900u);
  EXPECT_EQ(plan.zero.end, 0x13000u);
  EXPECT_EQ(plan.anonymous.begin, 0x13000u);
  EXPECT_EQ(plan.anonymous.end, 0x16000u);
}

TEST(SegmentPlan, TextIsFileOnly) {
  const Segment text{
      .address = 0x400000, .memory_size = 0x1234, .file = {0, 0x1234}, .prot = mm::kReadExecute};
  const SegmentPlan plan = plan_segment(text, 0);
  EXPECT_EQ(plan.file.begin, 0x400000u);
  EXPECT_EQ(plan.file.end, 0x402000u);
  EXPECT_EQ(plan.zero.length(), 0u);
  EXPECT_EQ(plan.anonymous.length(), 0u);
}

TEST(SegmentPlan, PureBssIsAnonymousOnly) {
  const Segment bss{.address = 0x5800, .memory_size = 0x900, .file = {0x800, 0}, .prot = mm::kReadWrite};
  const SegmentPlan plan = plan_segment(bss, 0);
  EXPECT_EQ(plan.file.length(), 0u);
  EXPECT_EQ(plan.zero.length(), 0u);
  EXPECT_EQ(plan.anonymous.begin, 0x5000u);
  EXPECT_EQ(plan.anonymous.end, 0x7000u);
}

TEST(SegmentPlan, BssThatEndsInTheFilesLastPageNeedsNoMore) {
  const Segment data{
      .address = 0x2000, .memory_size = 0x800, .file = {0x2000, 0x700}, .prot = mm::kReadWrite};
  const SegmentPlan plan = plan_segment(data, 0);
  EXPECT_EQ(plan.zero.begin, 0x2700u);
  EXPECT_EQ(plan.zero.end, 0x3000u);
  EXPECT_EQ(plan.anonymous.length(), 0u);
}

TEST(ChooseBias, EveryChoiceLiesInTheWindowAndKeepsTheAlignment) {
  const AddressRange window{0x100000, 0x900000};
  for (uint64_t begin : {uint64_t{0}, uint64_t{0x3000}, uint64_t{0x40000000}}) {
    const ElfImage image = image_of(begin, begin + 0x5000, 0x200000);
    for (uint64_t choice = 0; choice < 100; ++choice) {
      auto bias = choose_bias(image, window, choice * 977);
      ASSERT_TRUE(bias.ok());
      EXPECT_TRUE(fits(image, bias.value(), window));
      EXPECT_EQ(bias.value() % 0x200000, 0u);
    }
  }
}

TEST(ChooseBias, UsesTheWholeWindow) {
  const ElfImage image = image_of(0, 0x1000);
  const AddressRange window{0x10000, 0x13000};
  EXPECT_EQ(choose_bias(image, window, 0).value(), 0x10000u);
  EXPECT_EQ(choose_bias(image, window, 2).value(), 0x12000u);
  EXPECT_EQ(choose_bias(image, window, 3).value(), 0x10000u);
}

TEST(ChooseBias, AlignmentLargerThanTheWindowsBeginning) {
  const ElfImage image = image_of(0x100000, 0x101000, 0x200000);
  auto bias = choose_bias(image, {0x10000, 0x400000}, 0);
  ASSERT_TRUE(bias.ok());
  EXPECT_EQ(bias.value(), 0u);
}

TEST(ChooseBias, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(choose_bias(image_of(0, 0x4000), {0x10000, 0x13000}, 0).ok());
  EXPECT_FALSE(choose_bias(image_of(0, 0x1000, 0x200000), {0x10000, 0x20000}, 0).ok());
  EXPECT_TRUE(choose_bias(image_of(0, 0x3000), {0x10000, 0x13000}, 7).ok());
}

TEST(Fits, SeesBothEndsAndWrapping) {
  const ElfImage image = image_of(0x400000, 0x500000);
  EXPECT_TRUE(fits(image, 0, {0x10000, 0x500000}));
  EXPECT_FALSE(fits(image, 0, {0x10000, 0x4ff000}));
  EXPECT_FALSE(fits(image, 0, {0x401000, 0x600000}));
  EXPECT_FALSE(fits(image, ~uint64_t{0} - 0x4fffff, {0x10000, 0x600000}));
}

}  // namespace
}  // namespace scone::loader
