#include "enclave/runtime/slab_heap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "tests/mm/fake_epc.h"

namespace scone::runtime {
namespace {

TEST(SizeClass, EachSizeFitsAndWastesLittle) {
  for (size_t size = 1; size <= kLargestSmall; ++size) {
    const size_t rounded = class_size(size_class(size));
    ASSERT_GE(rounded, size);
    ASSERT_LE(rounded, size + 16 + size / 4);
    ASSERT_EQ(size_class(rounded), size_class(size));
  }
}

class HeapTest : public testing::Test {
 protected:
  HeapTest() {
    const uint64_t begin = (epc_.begin() + PagePool::kChunk - 1) / PagePool::kChunk * PagePool::kChunk;
    pool_.init(epc_, begin, begin + kSize);
  }
  static constexpr uint64_t kSize = 32 << 20;
  mm::FakeEpc epc_{0, kSize + PagePool::kChunk};
  PagePool pool_;
  SlabHeap heap_{pool_};
};

TEST_F(HeapTest, AlignsAsAsked) {
  for (size_t alignment = 16; alignment <= SlabHeap::kMaxAlignment; alignment *= 2)
    for (size_t size : {1, 24, 65, 130, 200, 1000, 5000, 20000}) {
      void* pointer = heap_.allocate(size, alignment);
      ASSERT_NE(pointer, nullptr);
      EXPECT_EQ(reinterpret_cast<uint64_t>(pointer) % alignment, 0u) << size << " aligned to " << alignment;
      EXPECT_GE(heap_.size_of(pointer), size);
      memset(pointer, 0xee, heap_.size_of(pointer));
    }
  EXPECT_EQ(heap_.allocate(8, 8192), nullptr);
}

TEST_F(HeapTest, ReusesWhatWasFreed) {
  void* pointer = heap_.allocate(100);
  heap_.free(pointer);
  EXPECT_EQ(heap_.allocate(110), pointer);
  void* large = heap_.allocate(1 << 20);
  heap_.free(large);
  EXPECT_EQ(heap_.allocate(1 << 20), large);
  heap_.free(nullptr);
}

TEST_F(HeapTest, TakesOnlyWhatItNeeds) {
  for (int i = 0; i < 500; ++i) ASSERT_NE(heap_.allocate(128), nullptr);
  EXPECT_EQ(epc_.accepted(), PagePool::kChunk / PagePool::kPageSize);
}

TEST_F(HeapTest, IsExhaustedCleanly) {
  EXPECT_EQ(heap_.allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(heap_.allocate(SIZE_MAX - 100), nullptr);
  EXPECT_EQ(heap_.allocate(kSize + 1), nullptr);
  std::vector<void*> held;
  while (void* pointer = heap_.allocate(1000)) held.push_back(pointer);
  EXPECT_GT(held.size() * 1024, kSize * 9 / 10);
  for (void* pointer : held) heap_.free(pointer);
  EXPECT_NE(heap_.allocate(1000), nullptr);
}

TEST_F(HeapTest, DoubleAndWildFreesStop) {
  void* small = heap_.allocate(48);
  heap_.free(small);
  EXPECT_DEATH(heap_.free(small), "");
  void* large = heap_.allocate(100000);
  heap_.free(large);
  EXPECT_DEATH(heap_.free(large), "");
  alignas(4096) static char wild[128 << 10];
  EXPECT_DEATH(heap_.free(wild + (64 << 10) + 64), "");
}

TEST_F(HeapTest, ContentsOfManyObjectsStayApart) {
  std::mt19937_64 random(5);
  std::vector<std::vector<uint8_t>> expected;
  std::vector<uint8_t*> objects;
  for (int step = 0; step < 20000; ++step) {
    if (objects.size() > 500 || (random() % 3 == 0 && !objects.empty())) {
      const size_t i = random() % objects.size();
      ASSERT_EQ(memcmp(objects[i], expected[i].data(), expected[i].size()), 0);
      heap_.free(objects[i]);
      objects[i] = objects.back();
      expected[i] = std::move(expected.back());
      objects.pop_back();
      expected.pop_back();
      continue;
    }
    const size_t size = 1 + random() % (random() % 10 ? 600 : 60000);
    auto* object = static_cast<uint8_t*>(heap_.allocate(size));
    if (!object) continue;
    expected.emplace_back(size, static_cast<uint8_t>(random()));
    memset(object, expected.back()[0], size);
    objects.push_back(object);
  }
}

TEST_F(HeapTest, ServesSeveralThreads) {
  const auto work = [&](uint8_t mark) {
    std::vector<uint8_t*> objects;
    for (int i = 0; i < 3000; ++i) {
      auto* object = static_cast<uint8_t*>(heap_.allocate(1 + static_cast<size_t>(i) % 300));
      ASSERT_NE(object, nullptr);
      *object = mark;
      objects.push_back(object);
      if (i % 3 == 0) {
        ASSERT_EQ(*objects.back(), mark);
        heap_.free(objects.back());
        objects.pop_back();
      }
    }
    for (uint8_t* object : objects) ASSERT_EQ(*object, mark);
  };
  std::thread other(work, uint8_t{1});
  work(2);
  other.join();
}

}  // namespace
}  // namespace scone::runtime
