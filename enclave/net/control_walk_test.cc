#include "enclave/net/control_walk.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace scone::net {
namespace {

using Bytes = std::vector<uint8_t>;

// Appends a message; `claimed` overrides its length field.
void append(Bytes& control, int level, int type, const Bytes& data, uint64_t claimed = 0) {
  control.resize((control.size() + 7) / 8 * 8);
  const ControlHeader header{claimed ? claimed : sizeof(ControlHeader) + data.size(), level, type};
  const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
  control.insert(control.end(), bytes, bytes + sizeof header);
  control.insert(control.end(), data.begin(), data.end());
}

Bytes ints(const std::vector<int>& values) {
  Bytes bytes(values.size() * sizeof(int));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

int int_at(const Bytes& bytes, size_t offset) {
  int value;
  std::memcpy(&value, &bytes[offset], sizeof value);
  return value;
}

constexpr int kTimestamp = 29;  // SO_TIMESTAMP
constexpr int kUnknownType = 9999;
auto plus_100 = [](int fd) -> Result<int> { return fd + 100; };

TEST(ControlOutgoing, DescriptorsAreReplaced) {
  Bytes control;
  append(control, kLevelSocket, kScmRights, ints({3, 4}));
  ASSERT_TRUE(translate_outgoing(control, plus_100).ok());
  EXPECT_EQ(int_at(control, 16), 103);
  EXPECT_EQ(int_at(control, 20), 104);
}

TEST(ControlOutgoing, SeveralMessagesWithPadding) {
  Bytes control;
  append(control, kLevelSocket, kScmCredentials, Bytes(12, 7));
  append(control, kLevelSocket, kScmRights, ints({1}));
  ASSERT_TRUE(translate_outgoing(control, plus_100).ok());
  EXPECT_EQ(int_at(control, 32 + 16), 101);
}

TEST(ControlOutgoing, ABadDescriptorIsReported) {
  Bytes control;
  append(control, kLevelSocket, kScmRights, ints({3}));
  auto result = translate_outgoing(control, [](int) -> Result<int> { return Errno(EBADF); });
  EXPECT_EQ(result.error(), Errno(EBADF));
}

TEST(ControlOutgoing, RefusesWhatIsMalformedOrUnknown) {
  struct Case {
    const char* what;
    int level, type;
    Bytes data;
    uint64_t claimed;
  };
  const Case cases[] = {
      {"shorter than its header", kLevelSocket, kScmRights, ints({1}), 8},
      {"longer than the buffer", kLevelSocket, kScmRights, ints({1}), 24 + 1},
      {"length that wraps", kLevelSocket, kScmRights, ints({1}), UINT64_MAX - 4},
      {"half a descriptor", kLevelSocket, kScmRights, Bytes(6), 0},
      {"too many descriptors", kLevelSocket, kScmRights, Bytes(4 * 254), 0},
      {"credentials too long", kLevelSocket, kScmCredentials, Bytes(16), 0},
      {"unknown type", kLevelSocket, kUnknownType, Bytes(4), 0},
      {"unknown type without data", kLevelSocket, kUnknownType, Bytes(), 0},
  };
  for (const Case& each : cases) {
    Bytes control;
    append(control, each.level, each.type, each.data, each.claimed);
    EXPECT_EQ(translate_outgoing(control, plus_100).error(), Errno(EINVAL)) << each.what;
  }
}

TEST(ControlIncoming, DescriptorsAreTakenAndReplaced) {
  Bytes control;
  append(control, kLevelSocket, kTimestamp, Bytes(16, 1));
  append(control, kLevelSocket, kScmRights, ints({7, 8}));
  auto result = translate_incoming(control, [](int fd, bool) -> Result<int> { return fd - 5; }).take();
  EXPECT_FALSE(result.truncated);
  ASSERT_EQ(result.size, 32u + 24u);
  EXPECT_EQ(int_at(control, 32 + 16), 2);
  EXPECT_EQ(int_at(control, 32 + 20), 3);
}

TEST(ControlIncoming, UnknownKindsAreDroppedAndTheRestMovesUp) {
  Bytes control;
  append(control, kLevelSocket, kUnknownType, Bytes(40, 9));
  append(control, kLevelSocket, kScmRights, ints({7}));
  auto result = translate_incoming(control, [](int fd, bool) -> Result<int> { return fd; }).take();
  EXPECT_EQ(result.size, 24u);
  ControlHeader header;
  std::memcpy(&header, control.data(), sizeof header);
  EXPECT_TRUE(is_rights(header));
  EXPECT_EQ(header.size, 20u);
  EXPECT_EQ(int_at(control, 16), 7);
}

TEST(ControlIncoming, EveryDescriptorHasAnOwnerWhenTheTableIsFull) {
  Bytes control;
  append(control, kLevelSocket, kScmRights, ints({7, 8, 9}));
  std::vector<std::pair<int, bool>> offered;
  auto result = translate_incoming(control, [&](int fd, bool wanted) -> Result<int> {
                  offered.push_back({fd, wanted});
                  if (fd == 8 || !wanted) return Errno(EMFILE);
                  return 40;
                }).take();
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(offered, (std::vector<std::pair<int, bool>>{{7, true}, {8, true}, {9, false}}));
  ControlHeader header;
  std::memcpy(&header, control.data(), sizeof header);
  EXPECT_EQ(header.size, 20u) << "one descriptor is left";
  EXPECT_EQ(int_at(control, 16), 40);
}

TEST(ControlIncoming, AttackHostClaimsLengths) {
  for (uint64_t claimed :
       {uint64_t{1}, uint64_t{15}, uint64_t{29}, uint64_t{4096}, UINT64_MAX, UINT64_MAX - 15}) {
    Bytes control;
    append(control, kLevelSocket, kScmRights, ints({7, 8, 9}), claimed);
    EXPECT_FALSE(translate_incoming(control, [](int, bool) -> Result<int> { return 1; }).ok()) << claimed;
  }
}

TEST(ControlIncoming, AttackOverlongKnownMessageIsDropped) {
  Bytes control;
  append(control, kLevelSocket, kTimestamp, Bytes(200, 1));
  auto result = translate_incoming(control, [](int, bool) -> Result<int> { return 1; }).take();
  EXPECT_EQ(result.size, 0u);
}

TEST(ControlIncoming, NeverLeavesItsBuffer) {
  // Every length field a host could write into a small buffer, with guard bytes behind it.
  for (uint64_t claimed = 1; claimed < 64; ++claimed) {
    for (size_t room = 0; room <= 48; ++room) {
      Bytes control;
      append(control, kLevelSocket, kScmRights, ints({1, 2, 3, 4, 5, 6, 7, 8}), claimed);
      Bytes guarded(control);
      guarded.resize(room);
      guarded.insert(guarded.end(), 16, 0xee);
      auto result =
          translate_incoming(std::span(guarded).first(room), [](int, bool) -> Result<int> { return 0; });
      if (result.ok()) {
        EXPECT_LE(result.value().size, room);
      }
      for (size_t i = room; i < guarded.size(); ++i) ASSERT_EQ(guarded[i], 0xee);
    }
  }
}

}  // namespace
}  // namespace scone::net
