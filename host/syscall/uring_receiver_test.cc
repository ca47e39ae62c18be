// Over real sockets and a real ring: what is received, in which order, and into how many buffers. Skipped where there is no io_uring.
#include "host/syscall/uring_receiver.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "host/syscall/receiver_test.h"

namespace scone::host {
namespace {

class UringReceiverTest : public ReceiverTest {
 protected:
  void SetUp() override {
    auto made = UringReceiver::create(epoll_, memory_.data());
    if (!made.ok()) GTEST_SKIP() << "no io_uring here: " << made.error().code();
    receiver_ = made.take();
  }
  abi::EthreadArea& area() { return areas_[0]; }
  // As the runner. True: the master epoll has events.
  bool look(int timeout_ms = 200) {
    if (receiver_->before_wait(0, area())) timeout_ms = 0;
    const timespec limit{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000};
    return receiver_->wait(&limit, area());
  }
  std::string take() { return ReceiverTest::take(*receiver_, 0); }
  std::string collect(size_t size) {
    std::string text;
    for (int i = 0; i < 200 && text.size() < size; ++i) {
      look(50);
      text += take();
    }
    return text;
  }
  // Keeps what arrives, as an enclave that does not read; returns the numbers of arrivals.
  uint64_t look_without_taking(int rounds) {
    uint64_t arrivals = 0;
    for (int i = 0; i < rounds; ++i) {
      look(20);
      arrivals += area().arrival_count;
      for (uint64_t j = 0; j < area().arrival_count; ++j) kept_.push_back(area().arrivals[j]);
    }
    return arrivals;
  }
  std::string give_back_kept() {
    area().arrival_count = kept_.size();
    for (size_t i = 0; i < kept_.size(); ++i) area().arrivals[i] = kept_[i];
    kept_.clear();
    return take();
  }
  static std::string pattern(size_t size) {
    std::string text(size, '\0');
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 2654435761u >> 24);
    return text;
  }

  std::unique_ptr<UringReceiver> receiver_;
  std::vector<abi::Arrival> kept_;
};

TEST_F(UringReceiverTest, BringsBytesAndTheEnd) {
  ASSERT_EQ(receiver_->receive(kToken, fd_, 16), 0);
  peer_sends("hello");
  EXPECT_EQ(collect(5), "hello");
  peer_sends("again");
  EXPECT_EQ(collect(5), "again");
  peer_closes();
  EXPECT_EQ(collect(5), "[end]");
  look(20);
  EXPECT_EQ(take(), "");  // once
}

TEST_F(UringReceiverTest, TheEndThatComesWithTheLastBytesIsBrought) {
  peer_sends("last");
  peer_closes();
  ASSERT_EQ(receiver_->receive(kToken, fd_, 16), 0);
  EXPECT_EQ(collect(9), "last[end]");
}

TEST_F(UringReceiverTest, AnErrorIsBroughtBehindTheBytes) {
  ASSERT_EQ(receiver_->receive(kToken, fd_, 16), 0);
  peer_sends("x");
  EXPECT_EQ(collect(1), "x");
  peer_resets();
  EXPECT_EQ(collect(5), "[error " + std::to_string(ECONNRESET) + "]");
}

TEST_F(UringReceiverTest, NoMoreBuffersThanWereGranted) {
  ASSERT_EQ(receiver_->receive(kToken, fd_, 2), 0);
  const std::string data = pattern(20 * abi::kReceiveBufferSize);
  std::thread writer([&] { peer_sends(data); });
  EXPECT_LE(look_without_taking(10), 2u);
  std::string got = give_back_kept();
  for (int grants = 0; grants < 100 && got.size() < data.size(); ++grants) {
    ASSERT_EQ(receiver_->receive(kToken, fd_, 2), 0);
    const uint64_t arrivals = look_without_taking(3);
    EXPECT_LE(arrivals, 2u);
    got += give_back_kept();
    // What was not used stays granted.
    for (uint64_t unused = arrivals; unused < 2 && got.size() < data.size(); ++unused) {
      look_without_taking(1);
      got += give_back_kept();
    }
  }
  writer.join();
  EXPECT_EQ(got.size(), data.size());
  EXPECT_TRUE(got == data);
}

// What the ring brought beyond the grant is kept outside, in order, and so is the end behind it.
TEST_F(UringReceiverTest, WhatCameTooEarlyWaitsInOrder) {
  ASSERT_EQ(receiver_->receive(kToken, fd_, 1), 0);
  look(0);
  std::string expected;
  uint64_t early = 0;
  for (char letter = 'a'; letter <= 'h'; ++letter) {
    peer_sends(std::string(100, letter));
    expected += std::string(100, letter);
    early += look_without_taking(1);
  }
  peer_closes();
  usleep(20'000);
  EXPECT_EQ(early + look_without_taking(5), 1u);
  std::string got = give_back_kept();
  EXPECT_EQ(got.find("[end]"), std::string::npos);
  ASSERT_EQ(receiver_->receive(kToken, fd_, 100), 0);
  EXPECT_EQ(got + collect(expected.size() + 5 - got.size()), expected + "[end]");
}

TEST_F(UringReceiverTest, ManyBytesStayInOrder) {
  const std::string data = pattern(8 << 20);
  ASSERT_EQ(receiver_->receive(kToken, fd_, 1 << 20), 0);
  std::thread writer([&] {
    for (size_t at = 0; at < data.size(); at += 3000) peer_sends(data.substr(at, 3000));
    peer_closes();
  });
  const std::string got = collect(data.size() + 5);
  writer.join();
  EXPECT_EQ(got.size(), data.size() + 5);
  EXPECT_TRUE(got == data + "[end]");
}

// All buffers are in the enclave's hands: the stream goes on when some come back.
TEST_F(UringReceiverTest, WantOfBuffersOnlyDelays) {
  const std::string data = pattern((abi::kReceiveBuffers + 64) * abi::kReceiveBufferSize);
  ASSERT_EQ(receiver_->receive(kToken, fd_, 1 << 20), 0);
  std::thread writer([&] { peer_sends(data); });
  std::string got;
  std::vector<abi::Arrival> held;
  for (int i = 0; i < 20'000 && held.size() < abi::kReceiveBuffers; ++i) {
    look(1);
    for (uint64_t j = 0; j < area().arrival_count; ++j) held.push_back(area().arrivals[j]);
  }
  EXPECT_EQ(held.size(), abi::kReceiveBuffers);
  look(1);
  EXPECT_EQ(area().arrival_count, 0u);
  for (size_t at = 0; at < held.size(); at += abi::kMaxArrivals) {
    area().arrival_count = std::min<uint64_t>(abi::kMaxArrivals, held.size() - at);
    std::copy_n(held.begin() + static_cast<ptrdiff_t>(at), area().arrival_count, area().arrivals);
    got += take();
  }
  got += collect(data.size() - got.size());
  writer.join();
  EXPECT_EQ(got.size(), data.size());
  EXPECT_TRUE(got == data);
}

TEST_F(UringReceiverTest, AStoppedStreamBringsNothingAndLetsTheConnectionGo) {
  ASSERT_EQ(receiver_->receive(kToken, fd_, 16), 0);
  look(0);
  EXPECT_EQ(receiver_->stop(kToken), 0);
  close(std::exchange(fd_, -1));
  char byte;
  pollfd end{peer_, POLLIN, 0};
  ASSERT_EQ(poll(&end, 1, 2000), 1);  // the peer sees that it was closed
  EXPECT_EQ(read(peer_, &byte, 1), 0);
  look(20);
  EXPECT_EQ(area().arrival_count, 0u);
  EXPECT_EQ(receiver_->stop(kToken), 0);  // as often as one likes
}

TEST_F(UringReceiverTest, TellsOfTheMasterEpoll) {
  look(0);
  EXPECT_FALSE(look(20));
  peer_closes();  // an edge of EPOLLRDHUP
  EXPECT_TRUE(look(2000));
}

TEST_F(UringReceiverTest, ADescriptorThatCannotReceiveIsTold) {
  ASSERT_EQ(receiver_->receive(kToken, epoll_, 16), 0);
  EXPECT_EQ(collect(5), "[error " + std::to_string(ENOTSOCK) + "]");
}

}  // namespace
}  // namespace scone::host
