#include "enclave/runtime/page_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

#include "tests/mm/fake_epc.h"

namespace scone::runtime {
namespace {

constexpr uint64_t kPage = PagePool::kPageSize;

class Pool : public testing::Test {
 protected:
  Pool() { pool_.init(epc_, begin_, begin_ + kSize); }
  uint64_t allocate(uint64_t pages, uint64_t alignment = kPage) {
    auto result = pool_.allocate(pages, alignment);
    return std::move(result).value_or(0);
  }
  static constexpr uint64_t kSize = 4 << 20;
  mm::FakeEpc epc_{0, kSize + PagePool::kChunk};
  const uint64_t begin_ = (epc_.begin() + PagePool::kChunk - 1) / PagePool::kChunk * PagePool::kChunk;
  PagePool pool_;
};

TEST_F(Pool, CommitsInChunksBeforeUse) {
  const uint64_t address = allocate(1);
  EXPECT_EQ(epc_.accepted(), PagePool::kChunk / kPage);
  memset(reinterpret_cast<void*>(address), 1, kPage);
  allocate(15);
  EXPECT_EQ(epc_.accepts, 1);
  allocate(1);
  EXPECT_EQ(epc_.accepts, 2);
  EXPECT_EQ(pool_.committed_pages(), epc_.accepted());
}

TEST_F(Pool, ReusesAndJoinsWhatWasFreed) {
  const uint64_t address = allocate(16);
  pool_.free(address + 4 * kPage, 4);
  pool_.free(address, 4);
  pool_.free(address + 8 * kPage, 8);
  EXPECT_EQ(allocate(16), address);
  EXPECT_EQ(epc_.accepts, 1);
}

TEST_F(Pool, AlignsAndKeepsTheRest) {
  const uint64_t address = allocate(48);
  pool_.free(address, 48);
  EXPECT_EQ(allocate(1), address);
  EXPECT_EQ(allocate(16, PagePool::kChunk), address + PagePool::kChunk);
  EXPECT_EQ(allocate(15), address + kPage);
  EXPECT_EQ(epc_.accepts, 1);
}

TEST_F(Pool, IsExhaustedCleanly) {
  EXPECT_EQ(allocate(kSize / kPage + 1), 0u);
  EXPECT_EQ(allocate(UINT64_MAX / 2), 0u);
  EXPECT_EQ(allocate(0), 0u);
  const uint64_t all = allocate(kSize / kPage);
  ASSERT_NE(all, 0u);
  EXPECT_EQ(allocate(1), 0u);
  pool_.free(all + kPage, 1);
  EXPECT_EQ(allocate(1), all + kPage);
}

TEST_F(Pool, ARefusedCommitCanBeTriedAgain) {
  epc_.fail_from(0);
  EXPECT_EQ(allocate(kSize / kPage), 0u);
  epc_.fail_from(-1);
  EXPECT_NE(allocate(kSize / kPage), 0u);
}

TEST_F(Pool, FreeingTwiceStops) {
  const uint64_t address = allocate(8);
  pool_.free(address, 2);
  EXPECT_DEATH(pool_.free(address, 1), "");
  EXPECT_DEATH(pool_.free(address + kPage, 2), "");
  EXPECT_DEATH(pool_.free(begin_ - kPage, 1), "");
}

TEST_F(Pool, NeverHandsOutAPageTwice) {
  std::mt19937_64 random(3);
  std::map<uint64_t, uint64_t> held;
  uint64_t total = 0;
  for (int step = 0; step < 5000; ++step) {
    if (random() % 2 && !held.empty()) {
      auto it = std::next(held.begin(), static_cast<long>(random() % held.size()));
      pool_.free(it->first, it->second);
      total -= it->second;
      held.erase(it);
      continue;
    }
    const uint64_t pages = 1 + random() % 20;
    const uint64_t address = allocate(pages, kPage << random() % 5);
    if (address == 0) continue;
    auto next = held.lower_bound(address);
    ASSERT_TRUE(next == held.end() || address + pages * kPage <= next->first);
    ASSERT_TRUE(next == held.begin() || std::prev(next)->first + std::prev(next)->second * kPage <= address);
    memset(reinterpret_cast<void*>(address), 0xff, pages * kPage);
    held[address] = pages;
    total += pages;
  }
  for (auto& [address, pages] : held) pool_.free(address, pages);
  const uint64_t committed = pool_.committed_pages();
  EXPECT_NE(allocate(committed), 0u) << "all of it is one range again";
}

}  // namespace
}  // namespace scone::runtime
