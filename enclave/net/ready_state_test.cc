#include "enclave/net/ready_state.h"

#include <gtest/gtest.h>

namespace scone::net {
namespace {

constexpr uint32_t kIn = EPOLLIN, kOut = EPOLLOUT;

// A state of which everything is known: nothing is ready.
class Watched : public testing::Test {
 protected:
  void SetUp() override { state_.watch(); }
  bool unknown(uint32_t events) const { return (state_.unknown() & events) == events; }
  bool no(uint32_t events) const { return !(state_.yes() & events) && !(state_.unknown() & events); }
  ReadyState state_;
};

TEST(ReadyState, NothingIsKnownAtFirst) {
  ReadyState state;
  EXPECT_EQ(state.yes(), 0u);
  EXPECT_EQ(state.unknown(), kReadyEvents);
  EXPECT_TRUE(state.worth_trying(kIn));
}

TEST(ReadyState, WithoutEdgesNoIsNeverBelieved) {
  ReadyState state;
  state.would_block(kIn, state.epoch());
  state.drained(kIn, state.epoch());
  state.answer(kReadyEvents, 0, state.epoch());
  EXPECT_EQ(state.unknown(), kReadyEvents) << "nobody would ever revoke it";
}

TEST_F(Watched, WhatIsNotReportedDoesNotHold) {
  EXPECT_TRUE(no(kReadyEvents));
  EXPECT_FALSE(state_.worth_trying(kIn));
}

TEST(ReadyState, AnEdgeBeforeWatchingIsCompleteIsKept) {
  ReadyState state;
  state.edge(kOut);  // delivered by another ethread while the registering call is on its way back
  state.watch();
  EXPECT_EQ(state.yes(), kOut);
  EXPECT_FALSE(state.worth_trying(kIn));
}

TEST(ReadyState, AnEndBeforeWatchingIsCompleteIsStillToBeRead) {
  ReadyState state;
  state.edge(EPOLLHUP);  // as of a pipe whose writer is gone: no EPOLLIN, and read(2) returns 0
  state.watch();
  EXPECT_TRUE(state.worth_trying(kIn));
}

TEST_F(Watched, EdgeThenWouldBlock) {
  state_.edge(kIn | kOut);
  EXPECT_EQ(state_.yes(), kIn | kOut);
  state_.would_block(kIn, state_.epoch());
  EXPECT_TRUE(no(kIn));
  EXPECT_EQ(state_.yes(), kOut);
}

TEST_F(Watched, EdgeBetweenTheCallAndItsOutcomeIsNotLost) {
  const uint32_t epoch = state_.epoch();
  // The host's read returns EAGAIN; data arrive; another ethread delivers the edge; only now the reader tells.
  state_.edge(kIn);
  state_.would_block(kIn, epoch);
  EXPECT_TRUE(unknown(kIn)) << "the edge may be newer than the EAGAIN";
  EXPECT_TRUE(state_.worth_trying(kIn));
}

TEST_F(Watched, EdgeBetweenTheCallAndAShortReadIsNotLost) {
  const uint32_t epoch = state_.epoch();
  state_.edge(kIn);
  state_.drained(kIn, epoch);
  EXPECT_TRUE(unknown(kIn));
}

TEST_F(Watched, EdgeBetweenAskingAndTheAnswerIsNotLost) {
  state_.forget(kIn);
  const uint32_t epoch = state_.epoch();
  state_.edge(kIn);
  state_.answer(kIn, 0, epoch);
  EXPECT_EQ(state_.yes(), kIn);
}

TEST_F(Watched, AnswersAreLearnt) {
  state_.forget(kIn | kOut);
  state_.answer(kIn | kOut, kOut, state_.epoch());
  EXPECT_TRUE(no(kIn));
  EXPECT_EQ(state_.yes(), kOut);
}

TEST_F(Watched, AFullReadLeavesItOpen) {
  state_.edge(kIn);
  state_.forget(kIn);
  EXPECT_TRUE(unknown(kIn));
}

TEST_F(Watched, AShortReadBeforeEndOfFileLeavesItOpen) {
  state_.edge(kIn | EPOLLRDHUP);  // data and FIN, one edge
  state_.drained(kIn, state_.epoch());
  EXPECT_TRUE(unknown(kIn)) << "the end of file is still to be read, and no edge will tell";
}

TEST_F(Watched, AShortReadBeforeUrgentDataLeavesItOpen) {
  state_.edge(kIn | EPOLLPRI);
  state_.drained(kIn, state_.epoch());
  EXPECT_TRUE(unknown(kIn));
}

TEST_F(Watched, AHangUpMakesReadingAndWritingWorthATry) {
  state_.edge(EPOLLHUP);
  EXPECT_TRUE(state_.worth_trying(kIn));
  EXPECT_TRUE(state_.worth_trying(kOut));
}

TEST_F(Watched, WouldBlockWinsOverAnOldError) {
  state_.edge(EPOLLERR);  // e.g. a filled error queue
  state_.would_block(kIn, state_.epoch());
  EXPECT_FALSE(state_.worth_trying(kIn)) << "a blocked reader would spin";
}

TEST_F(Watched, ResetForgetsEverything) {
  state_.edge(EPOLLHUP | kOut);
  const uint32_t epoch = state_.epoch();
  state_.reset();
  EXPECT_EQ(state_.yes(), 0u);
  EXPECT_EQ(state_.unknown(), kReadyEvents);
  state_.answer(kReadyEvents, 0, epoch);
  EXPECT_EQ(state_.unknown(), kReadyEvents) << "an answer from before";
}

TEST(ReadyEvents, BandsFollowTheirEvents) {
  EXPECT_EQ(with_bands(EPOLLIN), uint32_t{EPOLLIN | EPOLLRDNORM});
  EXPECT_EQ(with_bands(EPOLLOUT | EPOLLHUP), uint32_t{EPOLLOUT | EPOLLWRNORM | EPOLLHUP});
  EXPECT_EQ(without_bands(EPOLLRDNORM), uint32_t{EPOLLIN | EPOLLERR | EPOLLHUP});
  EXPECT_EQ(without_bands(EPOLLET | EPOLLRDHUP), uint32_t{EPOLLRDHUP | EPOLLERR | EPOLLHUP});
}

}  // namespace
}  // namespace scone::net
