#include "enclave/file/byte_ring.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <random>

namespace scone::file {
namespace {

size_t put(ByteRing& ring, const uint8_t* bytes, size_t count) {
  size_t done = 0;
  while (done < count && ring.free() > 0) {
    auto room = ring.room();
    const size_t size = std::min(room.size(), count - done);
    std::memcpy(room.data(), bytes + done, size);
    ring.produce(size);
    done += size;
  }
  return done;
}

TEST(ByteRing, EmptyWithoutMemory) {
  ByteRing ring;
  EXPECT_EQ(ring.used(), 0u);
  EXPECT_EQ(ring.free(), 0u);
  EXPECT_TRUE(ring.contents().empty());
  EXPECT_TRUE(ring.room().empty());
}

TEST(ByteRing, FullHasNoRoom) {
  ByteRing ring;
  ASSERT_TRUE(ring.resize(4).ok());
  const uint8_t bytes[] = {1, 2, 3, 4, 5};
  EXPECT_EQ(put(ring, bytes, 5), 4u);
  EXPECT_TRUE(ring.room().empty());
  EXPECT_EQ(ring.contents().size(), 4u);
}

TEST(ByteRing, ResizeKeepsWrappedContents) {
  ByteRing ring;
  ASSERT_TRUE(ring.resize(8).ok());
  const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
  put(ring, bytes, 8);
  ring.consume(5);
  put(ring, bytes, 4);  // wraps
  EXPECT_EQ(ring.resize(6).error(), Errno(EBUSY));
  ASSERT_TRUE(ring.resize(7).ok());
  const auto contents = ring.contents();
  EXPECT_EQ(std::vector<uint8_t>(contents.begin(), contents.end()),
            (std::vector<uint8_t>{6, 7, 8, 1, 2, 3, 4}));
}

TEST(ByteRing, AgreesWithAQueue) {
  std::mt19937 random(1);
  ByteRing ring;
  std::deque<uint8_t> model;
  ASSERT_TRUE(ring.resize(37).ok());
  uint8_t next = 0;
  for (int step = 0; step < 20000; ++step) {
    uint8_t bytes[64];
    const size_t wanted = random() % 64;
    if (random() % 2) {
      for (size_t i = 0; i < wanted; ++i) bytes[i] = next++;
      const size_t done = put(ring, bytes, wanted);
      next = static_cast<uint8_t>(next - (wanted - done));
      model.insert(model.end(), bytes, bytes + done);
    } else {
      const auto contents = ring.contents();
      const size_t count = std::min(wanted, contents.size());
      for (size_t i = 0; i < count; ++i, model.pop_front()) ASSERT_EQ(contents[i], model.front());
      ring.consume(count);
    }
    if (random() % 500 == 0) (void)ring.resize(20 + random() % 40).ok();
    ASSERT_EQ(ring.used(), model.size());
    ASSERT_EQ(ring.contents().empty(), model.empty());
    ASSERT_EQ(ring.room().empty(), ring.free() == 0);
  }
}

}  // namespace
}  // namespace scone::file
