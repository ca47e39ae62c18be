// What a program puts into a signal frame must never make XRSTOR fault: the processor is the judge.
#include "enclave/process/vector_state.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace scone::process {
namespace {

struct alignas(64) Area {
  uint8_t bytes[4096] = {};
};

uint64_t supported_features() {
  uint32_t low, high;
  // SAFETY: XGETBV 0 is available wherever AVX is, and user code may use it.
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low & 0xe7;
}

// Loads `area` and puts the previous state back at once. A fault ends the test program.
void load(Area& area, uint64_t features, Area& seen) {
  alignas(64) Area kept;
  const auto mask = static_cast<uint32_t>(features);
  // SAFETY: all state that XRSTOR replaces is saved before and restored after, within one statement.
  asm volatile(
      "xsave64 (%0)\n\t"
      "xrstor64 (%1)\n\t"
      "xsave64 (%2)\n\t"
      "xrstor64 (%0)"
      :
      : "r"(kept.bytes), "r"(area.bytes), "r"(seen.bytes), "a"(mask), "d"(0)
      : "memory");
}

struct VectorState : testing::Test {
  VectorLayout layout = layout_for(supported_features());
  Area area, seen;
  template <typename T>
  T get(const Area& from, size_t offset) {
    T value;
    memcpy(&value, from.bytes + offset, sizeof value);
    return value;
  }
};

TEST_F(VectorState, ForgedAreasDoNotFault) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20000; ++round) {
    for (size_t i = 0; i < layout.size; i += 8) {
      const uint64_t value = round % 3 == 0 ? ~uint64_t{0} : random();
      memcpy(area.bytes + i, &value, sizeof value);
    }
    sanitise(area.bytes, layout, round & 1);
    load(area, layout.features, seen);
  }
}

TEST_F(VectorState, KeepsWhatTheProgramMaySet) {
  set_initial_state(area.bytes);
  const uint32_t mxcsr = 0x9fc0;  // DAZ and FTZ, all masked
  memcpy(area.bytes + 24, &mxcsr, sizeof mxcsr);
  memset(area.bytes + 160, 0x5a, 16);  // xmm0
  sanitise(area.bytes, layout, false);
  load(area, layout.features, seen);
  EXPECT_EQ(get<uint32_t>(seen, 24), mxcsr);
  EXPECT_EQ(get<uint64_t>(seen, 160), 0x5a5a5a5a5a5a5a5au);
}

TEST_F(VectorState, InitialStateIsTheProcessors) {
  memset(area.bytes, 0xff, sizeof area.bytes);
  set_initial_state(area.bytes);
  load(area, layout.features, seen);
  EXPECT_EQ(get<uint16_t>(seen, 0), 0x37f);     // x87 control word
  EXPECT_EQ(get<uint32_t>(seen, 24), 0x1f80u);  // MXCSR
  for (size_t offset = 160; offset < 416; offset += 8) EXPECT_EQ(get<uint64_t>(seen, offset), 0u);
}

TEST_F(VectorState, AnAreaOfAnotherSizeIsNotExtended) {
  mark_for_frame(area.bytes, layout);
  EXPECT_TRUE(has_extended_state(area.bytes, layout));
  EXPECT_FALSE(has_extended_state(area.bytes, {layout.features, layout.size + 64}));
  memset(area.bytes + 464, 0, 4);
  EXPECT_FALSE(has_extended_state(area.bytes, layout));
}

TEST_F(VectorState, LegacyOnlyGivesAllElseItsInitialValue) {
  memset(area.bytes, 0xff, sizeof area.bytes);
  sanitise(area.bytes, layout, false);
  EXPECT_EQ(get<uint64_t>(area, 512), 3u);
}

TEST(VectorLayout, CoversTheComponents) {
  EXPECT_EQ(layout_for(3).size, 576u);
  EXPECT_EQ(layout_for(7).size, 832u);
  EXPECT_EQ(layout_for(0xe7).size, 2688u);
}

}  // namespace
}  // namespace scone::process
