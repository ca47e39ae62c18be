#include "enclave/rewrite/site_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace scone::rewrite {
namespace {

// A site whose window is [push 1][syscall 2][cmp 6], its trampoline [push 1][entry 15][cmp 6][jmp 5].
Site make_site(uint64_t window, uint64_t trampoline) {
  Site site{.window = window,
            .trampoline = trampoline,
            .window_size = 9,
            .trampoline_size = 27,
            .syscall = 1,
            .entry = 1,
            .step_count = 4,
            .vector = false,
            .steps = {{0, 0}, {1, 1}, {3, 16}, {9, 22}}};
  return site;
}

class SiteTableTest : public testing::Test {
 protected:
  // Windows at 0x1000, 0x1100, …; their trampolines in the opposite order.
  void add(int count, uint64_t base = 0x1000) {
    std::vector<Site> sites;
    for (int i = 0; i < count; ++i)
      sites.push_back(make_site(base + 0x100 * static_cast<uint64_t>(i),
                                base + 0x100000 - 0x20 * static_cast<uint64_t>(i)));
    ASSERT_TRUE(table.add(sites).ok());
  }
  SiteTable table;
};

TEST_F(SiteTableTest, EmptyTableChangesNoAddress) {
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.original_address(5), 5u);
  EXPECT_EQ(table.resume_address(5), 5u);
  EXPECT_EQ(table.restart_address(5), std::nullopt);
  EXPECT_FALSE(table.site_of(5));
  table.remove(0, ~uint64_t{0});
}

TEST_F(SiteTableTest, OriginalAddressOfEveryByte) {
  add(10);
  const uint64_t window = 0x1300, trampoline = 0x101000 - 0x60;
  auto original = [&](uint64_t offset) { return table.original_address(trampoline + offset); };
  EXPECT_EQ(original(0), window);
  for (uint64_t i = 1; i < 16; ++i) EXPECT_EQ(original(i), window + 1) << i;
  for (uint64_t i = 16; i < 22; ++i) EXPECT_EQ(original(i), window + 3) << i;
  for (uint64_t i = 22; i < 27; ++i) EXPECT_EQ(original(i), window + 9) << i;
  EXPECT_EQ(original(27), trampoline + 27);  // not ours
  EXPECT_EQ(table.original_address(0x101000 + 27), 0x101000u + 27);
}

TEST_F(SiteTableTest, ResumeAddressOnBoundariesOnly) {
  add(10);
  const uint64_t window = 0x1300, trampoline = 0x101000 - 0x60;
  EXPECT_EQ(table.resume_address(window), window);  // the jump itself
  EXPECT_EQ(table.resume_address(window + 1), trampoline + 1);
  EXPECT_EQ(table.resume_address(window + 2), window + 2);
  EXPECT_EQ(table.resume_address(window + 3), trampoline + 16);
  for (uint64_t i = 4; i < 12; ++i) EXPECT_EQ(table.resume_address(window + i), window + i) << i;
  EXPECT_EQ(table.resume_address(window - 1), window - 1);
}

TEST_F(SiteTableTest, RestartAddress) {
  add(3);
  EXPECT_EQ(table.restart_address(0x101000 + 16), 0x101001u);
  EXPECT_EQ(table.restart_address(0x101000 + 15), std::nullopt);
  EXPECT_EQ(table.restart_address(0x101000 + 22), std::nullopt);
}

TEST_F(SiteTableTest, RestartAddressWhereTheCallIsTheLastInstruction) {
  Site site = make_site(0x1000, 0x2000);
  site.entry = static_cast<uint8_t>(site.trampoline_size - kEntrySize);
  ASSERT_TRUE(table.add({&site, 1}).ok());
  EXPECT_EQ(table.restart_address(0x2000 + site.trampoline_size), 0x2000u + site.entry);
}

TEST_F(SiteTableTest, SiteOfBothSides) {
  add(10);
  EXPECT_EQ(table.site_of(0x1308)->window, 0x1300u);
  EXPECT_FALSE(table.site_of(0x1309));
  EXPECT_EQ(table.site_of(0x101000 - 0x60)->window, 0x1300u);
  EXPECT_EQ(table.site_of(0x1300)->syscall_address(), 0x1301u);
  EXPECT_EQ(table.site_of(0x1300)->after_address(), 0x101000u - 0x60 + 16);
}

TEST_F(SiteTableTest, RemovedRangeIsForgottenOnBothSides) {
  add(10);
  table.remove(0x1308, 0x1501);  // the last byte of one window, the first of another
  for (uint64_t window : {0x1300, 0x1400, 0x1500}) EXPECT_FALSE(table.site_of(window));
  EXPECT_TRUE(table.site_of(0x1200));
  EXPECT_TRUE(table.site_of(0x1600));
  EXPECT_EQ(table.original_address(0x101000 - 0x60), 0x101000u - 0x60);
  EXPECT_EQ(table.resume_address(0x1301), 0x1301u);
  table.remove(0x1209, 0x1300);  // between two windows
  EXPECT_TRUE(table.site_of(0x1200));
}

TEST_F(SiteTableTest, RangeIsUsedAgainAfterRemoval) {
  add(10);
  table.remove(0x1000, 0x2000);
  EXPECT_TRUE(table.empty());
  add(5);
  EXPECT_FALSE(table.empty());
  EXPECT_TRUE(table.site_of(0x1400));
  EXPECT_FALSE(table.site_of(0x1500));
}

TEST_F(SiteTableTest, SeveralModulesInAnyOrder) {
  add(10, 0x5000000);
  add(10, 0x1000000);
  add(10, 0x3000000);
  for (uint64_t base : {0x1000000, 0x3000000, 0x5000000})
    for (uint64_t i = 0; i < 10; ++i) {
      EXPECT_EQ(table.resume_address(base + 0x100 * i + 1), base + 0x100000 - 0x20 * i + 1);
      EXPECT_EQ(table.original_address(base + 0x100000 - 0x20 * i + 16), base + 0x100 * i + 3);
    }
}

TEST_F(SiteTableTest, ReadersNeverSeeAnythingButWholeTables) {
  add(50, 0x1000000);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        // Always there:
        if (table.resume_address(0x1000001) != 0x1100001) ++wrong;
        // Comes and goes, but is right when it is there:
        uint64_t resumed = table.resume_address(0x2000003);
        if (resumed != 0x2000003 && resumed != 0x2100010) ++wrong;
      }
    });
  for (int i = 0; i < 2000; ++i) {
    add(20, 0x2000000);
    table.remove(0x2000000, 0x2002000);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace scone::rewrite
