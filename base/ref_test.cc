#include "base/ref.h"

#include <gtest/gtest.h>

namespace scone {
namespace {

struct Thing : RefCounted {
  explicit Thing(int& destroyed) : destroyed_(destroyed) {}
  ~Thing() { ++destroyed_; }
  int& destroyed_;
};

TEST(Ref, DestroysTheObjectWithItsLastReference) {
  int destroyed = 0;
  {
    auto first = Ref<Thing>::adopt(new Thing(destroyed));
    Ref<Thing> second = first;
    first = nullptr;
    EXPECT_EQ(destroyed, 0);
    Ref<Thing> third = std::move(second);
    EXPECT_FALSE(second);
    EXPECT_TRUE(third);
  }
  EXPECT_EQ(destroyed, 1);
}

TEST(Ref, NoReferenceCanBeTakenOnceTheLastIsGone) {
  int destroyed = 0;
  Thing thing(destroyed);
  EXPECT_TRUE(thing.try_ref());
  EXPECT_FALSE(thing.unref());
  EXPECT_TRUE(thing.unref());
  EXPECT_FALSE(thing.try_ref());
}

}  // namespace
}  // namespace scone
