#include "enclave/mm/vma_tree.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <random>

namespace scone::mm {
namespace {

// The same questions answered by looking at everything.
class Reference {
 public:
  std::map<uint64_t, std::unique_ptr<Vma>> vmas;

  Vma* find(uint64_t address) const {
    for (auto& [begin, vma] : vmas)
      if (vma->end > address) return vma.get();
    return nullptr;
  }
  std::optional<uint64_t> highest_gap(uint64_t length, uint64_t low, uint64_t high) const {
    uint64_t top = high;
    for (auto it = vmas.rbegin(); it != vmas.rend(); ++it) {
      const Vma& vma = *it->second;
      const uint64_t bottom = std::max(vma.end, low);
      if (top > bottom && top - bottom >= length) return top - length;
      top = std::min(top, vma.begin);
    }
    if (top > low && top - low >= length) return top - length;
    return std::nullopt;
  }
};

class RandomTree : public testing::Test {
 protected:
  static constexpr uint64_t kSpace = 4000;

  uint64_t number(uint64_t limit) { return random_() % limit; }
  void insert() {
    const uint64_t begin = number(kSpace), end = begin + 1 + number(20);
    const Vma* next = reference_.find(begin);
    if (next && next->begin < end) return;
    auto vma = std::make_unique<Vma>();
    vma->begin = begin;
    vma->end = end;
    tree_.insert(*vma);
    reference_.vmas[begin] = std::move(vma);
  }
  void remove() {
    auto it = reference_.vmas.lower_bound(number(kSpace));
    if (it == reference_.vmas.end()) return;
    tree_.remove(*it->second);
    reference_.vmas.erase(it);
  }
  void resize() {
    auto it = reference_.vmas.lower_bound(number(kSpace));
    if (it == reference_.vmas.end()) return;
    auto next = std::next(it);
    const uint64_t limit = next == reference_.vmas.end() ? kSpace + 100 : next->second->begin;
    tree_.resize(*it->second, it->first, it->first + 1 + number(limit - it->first));
  }
  void compare() {
    ASSERT_EQ(tree_.count(), reference_.vmas.size());
    for (int i = 0; i < 20; ++i) {
      const uint64_t address = number(kSpace + 50), low = number(kSpace), high = low + number(kSpace);
      ASSERT_EQ(tree_.find(address), reference_.find(address));
      const uint64_t length = 1 + number(60);
      ASSERT_EQ(tree_.highest_gap(length, low, high), reference_.highest_gap(length, low, high))
          << length << " in " << low << "-" << high;
    }
  }
  // An AVL tree of n nodes is at most 1.45 log2(n + 2) high.
  void expect_balanced() {
    unsigned height = 0;
    for (auto& [begin, vma] : reference_.vmas) height = std::max<unsigned>(height, vma->height);
    EXPECT_LE(height, 1.45 * std::log2(tree_.count() + 2.0));
  }

  std::mt19937_64 random_{11};
  Reference reference_;
  VmaTree tree_;
};

TEST_F(RandomTree, AnswersAsALinearSearchWould) {
  for (int step = 0; step < 6000 && !HasFatalFailure(); ++step) {
    const uint64_t phase = step / 1500 % 2 ? 3 : 6;  // grow, then shrink, …
    const uint64_t action = number(9);
    if (action < phase)
      insert();
    else if (action < 8)
      remove();
    else
      resize();
    if (step % 10 == 0) compare();
    if (step % 100 == 0) expect_balanced();
  }
}

TEST_F(RandomTree, StaysBalancedWhenFilledInOrder) {
  for (uint64_t i = 0; i < 5000; ++i) {
    auto vma = std::make_unique<Vma>();
    vma->begin = i * 2;
    vma->end = i * 2 + 1;
    tree_.insert(*vma);
    reference_.vmas[i * 2] = std::move(vma);
  }
  expect_balanced();
  EXPECT_EQ(tree_.highest_gap(1, 0, 10000), 9999u);
  EXPECT_EQ(tree_.highest_gap(2, 0, 10000), std::nullopt);
}

}  // namespace
}  // namespace scone::mm
