#include "enclave/file/page_tree.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace scone::file {
struct Page {
  uint64_t index;
};

namespace {

TEST(PageTree, FindsWhatWasPut) {
  PageTree tree;
  Page first{0}, far{uint64_t{1} << 50};
  EXPECT_EQ(tree.find(0), nullptr);
  EXPECT_EQ(tree.find(far.index), nullptr);
  ASSERT_TRUE(tree.reserve(0).ok());
  tree.put(0, &first);
  ASSERT_TRUE(tree.reserve(far.index).ok());
  tree.put(far.index, &far);
  EXPECT_EQ(tree.find(0), &first);
  EXPECT_EQ(tree.find(far.index), &far);
  EXPECT_EQ(tree.find(1), nullptr);
  tree.remove(0);
  EXPECT_EQ(tree.find(0), nullptr);
  tree.remove(12345);  // there is none
}

TEST(PageTree, AgreesWithAMap) {
  std::mt19937_64 random(1);
  PageTree tree;
  std::map<uint64_t, Page*> model;
  std::vector<std::unique_ptr<Page>> pages;
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t index = random() >> (random() % 52 + 12);
    switch (random() % 8) {
      case 0:
        tree.remove(index);
        model.erase(index);
        break;
      case 1: {
        if (random() % 50) break;
        size_t dropped = 0;
        tree.clear_from(index, [&](Page& page) {
          EXPECT_GE(page.index, index);
          ++dropped;
        });
        EXPECT_EQ(dropped, static_cast<size_t>(std::distance(model.lower_bound(index), model.end())));
        model.erase(model.lower_bound(index), model.end());
        break;
      }
      default:
        pages.push_back(std::make_unique<Page>(Page{index}));
        ASSERT_TRUE(tree.reserve(index).ok());
        tree.put(index, pages.back().get());
        model[index] = pages.back().get();
    }
    EXPECT_EQ(tree.find(index), model.contains(index) ? model[index] : nullptr);
  }
  for (const auto& [index, page] : model) EXPECT_EQ(tree.find(index), page);
}

}  // namespace
}  // namespace scone::file
