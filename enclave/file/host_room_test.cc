#include "enclave/file/host_room.h"

#include <gtest/gtest.h>

#include "volume/storage.h"

namespace scone::file {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kSecond = 1'000'000'000;

struct Host {
  volume::Storage::Space space{};
  int asked = 0;
  bool answers = true;
  Result<volume::Storage::Space> operator()() {
    ++asked;
    if (!answers) return Errno(EIO);
    return space;
  }
};

TEST(HostRoom, PromisesHalfOfWhatIsAmple) {
  HostRoom room;
  Host host{{.total_bytes = 4096 * kMiB, .free_bytes = 64 * kMiB + 2 * 16 * kMiB + 10 * kMiB}};
  EXPECT_TRUE(room.take(3 * kMiB, kSecond, 16 * kMiB, std::ref(host)));
  EXPECT_TRUE(room.take(2 * kMiB, kSecond, 16 * kMiB, std::ref(host)));
  EXPECT_EQ(host.asked, 1);
  host.space.free_bytes -= 5 * kMiB;  // it was used
  EXPECT_FALSE(room.take(3 * kMiB, kSecond, 16 * kMiB, std::ref(host)));
  EXPECT_EQ(host.asked, 2);
}

TEST(HostRoom, NothingIsPromisedOnAFullHost) {
  HostRoom room;
  Host host{{.total_bytes = 4096 * kMiB, .free_bytes = 90 * kMiB}};
  EXPECT_FALSE(room.take(1, kSecond, 16 * kMiB, std::ref(host)));
  host.space.free_bytes = 1000 * kMiB;
  host.space.total_files = 100'000;
  host.space.free_files = 3;
  EXPECT_FALSE(room.take(1, 2 * kSecond, 16 * kMiB, std::ref(host)));
  host.answers = false;
  EXPECT_FALSE(room.take(1, 3 * kSecond, 16 * kMiB, std::ref(host)));
}

TEST(HostRoom, AnAnswerGrowsOld) {
  HostRoom room;
  Host host{{.total_bytes = 4096 * kMiB, .free_bytes = 1000 * kMiB}};
  EXPECT_TRUE(room.take(1, kSecond, 0, std::ref(host)));
  host.space.free_bytes = 0;
  EXPECT_TRUE(room.take(1, kSecond + kSecond / 10, 0, std::ref(host)));
  EXPECT_FALSE(room.take(1, 2 * kSecond, 0, std::ref(host)));
  EXPECT_EQ(host.asked, 2);
}

// Whatever the host says: a number, not an overflow.
TEST(HostRoom, AnAbsurdHost) {
  HostRoom room;
  Host host{{.total_bytes = ~uint64_t{0}, .free_bytes = ~uint64_t{0}}};
  EXPECT_TRUE(room.take(kMiB, kSecond, ~uint64_t{0} / 4, std::ref(host)));
  host.space = {.total_files = 1};
  EXPECT_FALSE(room.take(kMiB, 2 * kSecond, 0, std::ref(host)));
}

}  // namespace
}  // namespace scone::file
