// Goldens of the border: a change of any layout here changes what enclave and runner agree on, and must
// raise kBorderVersion.
#include "abi/border.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace scone::abi {
namespace {

template <typename T>
constexpr bool kPlain = std::is_standard_layout_v<T> && std::is_trivially_copyable_v<T> &&
                        std::has_unique_object_representations_v<T>;  // no padding

TEST(Border, StructsArePlainAndWithoutPadding) {
  EXPECT_TRUE(kPlain<EthreadArea>);
  EXPECT_TRUE(kPlain<Slot>);
  EXPECT_TRUE(kPlain<PostedCall>);
  EXPECT_TRUE(kPlain<Arrival>);
  EXPECT_TRUE(kPlain<Completion>);
  EXPECT_TRUE(kPlain<ReadyEvent>);
  EXPECT_TRUE(kPlain<TimePage>);
  EXPECT_TRUE(kPlain<SharedArea>);
  EXPECT_TRUE(kPlain<StartInfo>);
  EXPECT_TRUE(kPlain<CpuidEntry>);
  EXPECT_TRUE(kPlain<StatsBlock>);
}

TEST(Border, GoldenSizesAndOffsets) {
  EXPECT_EQ(kBorderVersion, 4u);
  EXPECT_EQ(sizeof(EthreadArea), 192u + 16 * 256 + 64 * 256 + 24 * 256 + 8 * 256);
  EXPECT_EQ(sizeof(PostedCall), 64u);
  EXPECT_EQ(offsetof(PostedCall, result), 56u);
  EXPECT_EQ(sizeof(Arrival), 24u);
  EXPECT_EQ(sizeof(OpenAnswer), 160u);
  EXPECT_EQ(offsetof(EthreadArea, posted_count), 96u);
  EXPECT_EQ(offsetof(EthreadArea, posted), 128u + 16 * 256);
  EXPECT_EQ(offsetof(EthreadArea, call_args), 16u);
  EXPECT_EQ(offsetof(EthreadArea, call_result), 64u);
  EXPECT_EQ(offsetof(EthreadArea, idle_deadline_ns), 72u);
  EXPECT_EQ(offsetof(EthreadArea, exit_status), 80u);
  EXPECT_EQ(offsetof(EthreadArea, event_count), 88u);
  EXPECT_EQ(offsetof(EthreadArea, events), 128u);
  EXPECT_EQ(offsetof(EthreadArea, waited_cycles), 128u + 16 * 256 + 64 * 256 + 24 * 256 + 8 * 256);
  EXPECT_EQ(offsetof(EthreadArea, idle_alone), 136u + 16 * 256 + 64 * 256 + 24 * 256 + 8 * 256);
  EXPECT_EQ(sizeof(Slot), 128u);
  EXPECT_EQ(offsetof(Slot, call_result), 56u);
  EXPECT_EQ(offsetof(Slot, state), 64u);
  EXPECT_EQ(offsetof(Slot, generation), 72u);
  EXPECT_EQ(sizeof(Completion), 16u);
  EXPECT_EQ(sizeof(ReadyEvent), 16u);
  EXPECT_EQ(sizeof(TimePage), 64u);
  EXPECT_EQ(offsetof(SharedArea, pending_signals), 64u);
  EXPECT_EQ(offsetof(SharedArea, request_tail), 80u);
  EXPECT_EQ(offsetof(SharedArea, leases_wanted), 88u);
  EXPECT_EQ(offsetof(SharedArea, requests), 128u);
  EXPECT_EQ(offsetof(SharedArea, slots), 128u + 8 * 256);
  EXPECT_EQ(offsetof(SharedArea, completions), 128u + 8 * 256 + 128 * 256);
  EXPECT_EQ(offsetof(StartInfo, shared_area), 40u);
  EXPECT_EQ(offsetof(StartInfo, argc), 88u);
  EXPECT_EQ(offsetof(StartInfo, stats), 160u);
  EXPECT_EQ(offsetof(StartInfo, scf), 192u);
  EXPECT_EQ(sizeof(StartInfo), 224u);
  EXPECT_EQ(sizeof(StatsBlock), 8u * (3 * 512 + 8));
}

}  // namespace
}  // namespace scone::abi
