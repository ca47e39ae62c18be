#include "enclave/net/ready_table.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace scone::net {
namespace {

struct Listener : ReadyListener {
  void on_edge(uint32_t events) override { seen.push_back(events); }
  std::vector<uint32_t> seen;
};

TEST(ReadyTable, AnEventReachesItsListener) {
  Listener listener;
  const uint64_t token = ready_table::assign(listener).take();
  ready_table::notify(token, 5);
  EXPECT_EQ(listener.seen, std::vector<uint32_t>{5});
  ready_table::revoke(token);
}

TEST(ReadyTable, AttackLateEventForAClosedDescriptor) {
  Listener listener;
  const uint64_t token = ready_table::assign(listener).take();
  ready_table::revoke(token);
  ready_table::notify(token, 1);
  EXPECT_TRUE(listener.seen.empty());
}

TEST(ReadyTable, AttackLateEventForAReusedEntry) {
  Listener first, second;
  const uint64_t old_token = ready_table::assign(first).take();
  ready_table::revoke(old_token);
  const uint64_t token = ready_table::assign(second).take();
  ASSERT_EQ(static_cast<uint32_t>(token), static_cast<uint32_t>(old_token)) << "the entry is used again";
  EXPECT_NE(token, old_token);
  ready_table::notify(old_token, 1);
  EXPECT_TRUE(second.seen.empty());
  ready_table::revoke(token);
}

TEST(ReadyTable, AttackForgedTokens) {
  Listener listener;
  const uint64_t token = ready_table::assign(listener).take();
  for (uint64_t forged :
       {uint64_t{0}, UINT64_MAX, token + 1, token + (uint64_t{1} << 32), token | uint64_t{1} << 63,
        uint64_t{INT32_MAX}, uint64_t{1024 * 1024}, uint64_t{1024 * 1024 - 1}})
    ready_table::notify(forged, 1);
  EXPECT_TRUE(listener.seen.empty());
  ready_table::revoke(token);
}

TEST(ReadyTable, ManyTokensAreDistinct) {
  std::vector<Listener> listeners(5000);
  std::set<uint64_t> tokens;
  for (Listener& listener : listeners) {
    const uint64_t token = ready_table::assign(listener).take();
    EXPECT_NE(token, 0u);
    EXPECT_LT(token, uint64_t{1} << 63);
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), listeners.size());
  for (uint64_t token : tokens) {
    ready_table::notify(token, 1);
    ready_table::revoke(token);
  }
  for (const Listener& listener : listeners) EXPECT_EQ(listener.seen.size(), 1u);
}

}  // namespace
}  // namespace scone::net
