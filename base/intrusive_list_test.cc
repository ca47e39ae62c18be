#include "base/intrusive_list.h"

#include <gtest/gtest.h>

#include <vector>

namespace scone {
namespace {

struct Item : ListNode<Item> {
  explicit Item(int n) : number(n) {}
  int number;
};

std::vector<int> numbers(IntrusiveList<Item>& list) {
  std::vector<int> result;
  for (Item& item : list) result.push_back(item.number);
  return result;
}

TEST(IntrusiveList, KeepsOrderAtBothEnds) {
  Item one(1), two(2), three(3);
  IntrusiveList<Item> list;
  list.push_back(two);
  list.push_back(three);
  list.push_front(one);
  EXPECT_EQ(numbers(list), (std::vector{1, 2, 3}));
  EXPECT_EQ(list.pop_front(), &one);
  EXPECT_FALSE(one.linked());
}

TEST(IntrusiveList, RemovesTheCurrentElementDuringIteration) {
  Item one(1), two(2), three(3);
  IntrusiveList<Item> list;
  for (Item* item : {&one, &two, &three}) list.push_back(*item);
  for (Item& item : list)
    if (item.number != 2) item.unlink();
  EXPECT_EQ(numbers(list), (std::vector{2}));
  two.unlink();
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.pop_front(), nullptr);
}

}  // namespace
}  // namespace scone
