#include "enclave/process/cpuid.h"

#include <gtest/gtest.h>

namespace scone::process {
namespace {

constexpr uint64_t kSse = 3, kAvx = 7, kAvx512 = 0xe7;

struct Cpuid : testing::Test {
  CpuidTable table;
  void host_claims_everything(uint32_t leaf, uint32_t subleaf = 0) {
    table.add({leaf, subleaf, ~0u, ~0u, ~0u, ~0u});
  }
  static bool bit(uint32_t word, int position) { return word >> position & 1; }
};

TEST_F(Cpuid, AnswersAreTheHosts) {
  table.add({0, 0, 0x10, 0x756e6547, 0x6c65746e, 0x49656e69});
  const CpuidAnswer answer = table.answer(0, 99, kAvx512);
  EXPECT_EQ(answer.eax, 0x10u);
  EXPECT_EQ(answer.ebx, 0x756e6547u);
  EXPECT_EQ(answer.edx, 0x49656e69u);
}

TEST_F(Cpuid, UnknownLeavesAreZero) {
  host_claims_everything(4, 0);
  EXPECT_EQ(table.answer(0x77, 0, kAvx512).eax, 0u);
  EXPECT_EQ(table.answer(4, 9, kAvx512).eax, 0u);
  EXPECT_NE(table.answer(4, 0, kAvx512).eax, 0u);
}

TEST_F(Cpuid, HostThatClaimsFeaturesOutsideXfrm) {
  for (uint32_t leaf : {1u, 7u, 0x80000001u}) host_claims_everything(leaf);
  EXPECT_FALSE(bit(table.answer(1, 0, kSse).ecx, 28)) << "AVX";
  EXPECT_FALSE(bit(table.answer(7, 0, kSse).ebx, 5)) << "AVX2";
  EXPECT_FALSE(bit(table.answer(7, 0, kSse).ecx, 9)) << "VAES";
  EXPECT_TRUE(bit(table.answer(1, 0, kAvx).ecx, 28));
  EXPECT_TRUE(bit(table.answer(7, 0, kAvx).ebx, 5));
  EXPECT_FALSE(bit(table.answer(7, 0, kAvx).ebx, 16)) << "AVX512F";
  EXPECT_FALSE(bit(table.answer(7, 0, 0x27).ebx, 16)) << "one component of AVX-512 is not enough";
  EXPECT_TRUE(bit(table.answer(7, 0, kAvx512).ebx, 16));
}

TEST_F(Cpuid, HostThatClaimsWhatAnEnclaveNeverHas) {
  for (uint32_t leaf : {7u, 0x12u, 0x14u}) host_claims_everything(leaf);
  const CpuidAnswer answer = table.answer(7, 0, kAvx512);
  for (int position : {0, 2, 4, 11, 14}) EXPECT_FALSE(bit(answer.ebx, position)) << position;
  for (int position : {3, 4, 7, 30}) EXPECT_FALSE(bit(answer.ecx, position)) << position;
  for (int position : {22, 24, 25}) EXPECT_FALSE(bit(answer.edx, position)) << position;
  EXPECT_EQ(table.answer(0x12, 0, kAvx512).eax, 0u);
  EXPECT_EQ(table.answer(0x14, 0, kAvx512).ebx, 0u);
}

TEST_F(Cpuid, XsaveLeafIsTheEnclavesOwn) {
  for (uint32_t subleaf : {0u, 1u, 2u, 9u, 18u}) host_claims_everything(0xd, subleaf);
  const CpuidAnswer sizes = table.answer(0xd, 0, kAvx);
  EXPECT_EQ(sizes.eax, kAvx);
  EXPECT_EQ(sizes.ebx, 832u);
  EXPECT_EQ(sizes.edx, 0u);
  EXPECT_FALSE(bit(table.answer(0xd, 1, kAvx).eax, 3)) << "XSAVES";
  EXPECT_NE(table.answer(0xd, 2, kAvx).eax, 0u);
  EXPECT_EQ(table.answer(0xd, 9, kAvx).eax, 0u) << "PKRU";
}

TEST_F(Cpuid, HostWithTooManyEntriesIsCut) {
  for (uint32_t leaf = 0; leaf < 1000; ++leaf) host_claims_everything(0x1000 + leaf);
  EXPECT_NE(table.answer(0x1000, 0, kAvx512).eax, 0u);
  EXPECT_EQ(table.answer(0x1000 + 999, 0, kAvx512).eax, 0u);
}

}  // namespace
}  // namespace scone::process
