// Over real sockets: what is received, for whom, and in which order.
#include "host/syscall/epoll_receiver.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host/syscall/receiver_test.h"

namespace scone::host {
namespace {

class EpollReceiverTest : public ReceiverTest {
 protected:
  // As the runner: what waits, then what the kernel tells. Returns what the enclave would be told.
  uint32_t look(unsigned ethread, int timeout_ms = 200) {
    abi::EthreadArea& area = areas_[ethread];
    uint32_t told = 0;
    if (receiver_.before_wait(ethread, area)) timeout_ms = 0;
    epoll_event events[8];
    const int count = epoll_wait(epoll_, events, 8, timeout_ms);
    for (int i = 0; i < count; ++i) told |= receiver_.on_event(events[i], ethread, area);
    return told;
  }
  std::string take(unsigned ethread) { return ReceiverTest::take(receiver_, ethread); }
  std::string collect(unsigned ethread, size_t size) {
    std::string text;
    for (int i = 0; i < 200 && text.size() < size; ++i) {
      look(ethread, 50);
      text += take(ethread);
    }
    return text;
  }

  EpollReceiver receiver_{epoll_, memory_.data(), areas_.data()};
};

TEST_F(EpollReceiverTest, BringsBytesAndTheEnd) {
  ASSERT_EQ(receiver_.receive(kToken, fd_, 16), 0);
  peer_sends("hello");
  EXPECT_EQ(collect(0, 5), "hello");
  peer_closes();
  EXPECT_EQ(collect(0, 5), "[end]");
}

TEST_F(EpollReceiverTest, TheEndThatComesWithTheLastBytesIsBrought) {
  peer_sends("last");
  peer_closes();
  ASSERT_EQ(receiver_.receive(kToken, fd_, 16), 0);
  EXPECT_EQ(collect(0, 9), "last[end]");
}

TEST_F(EpollReceiverTest, TheEndInOneEdgeWithTheLastBytesIsBrought) {
  ASSERT_EQ(receiver_.receive(kToken, fd_, 16), 0);
  look(0, 0);
  EXPECT_EQ(take(0), "");
  peer_sends("last");
  peer_closes();
  usleep(20'000);
  EXPECT_EQ(collect(0, 9), "last[end]");
}

TEST_F(EpollReceiverTest, AnErrorIsBroughtBehindTheBytes) {
  ASSERT_EQ(receiver_.receive(kToken, fd_, 16), 0);
  peer_sends("x");
  EXPECT_EQ(collect(0, 1), "x");
  peer_resets();
  EXPECT_EQ(collect(0, 5), "[error " + std::to_string(ECONNRESET) + "]");
}

TEST_F(EpollReceiverTest, NoMoreBuffersThanWereGranted) {
  ASSERT_EQ(receiver_.receive(kToken, fd_, 2), 0);
  const std::string data(5 * abi::kReceiveBufferSize, 'd');
  std::thread writer([&] { peer_sends(data); });
  size_t arrivals = 0;
  for (int i = 0; i < 10; ++i) {
    look(0, 20);
    arrivals += areas_[0].arrival_count;
    take(0);
  }
  EXPECT_LE(arrivals, 2u);
  size_t got = 0;
  ASSERT_EQ(receiver_.receive(kToken, fd_, 16), 0);
  for (int i = 0; i < 100 && got < 3 * abi::kReceiveBufferSize; ++i) {
    look(0, 20);
    got += take(0).size();
  }
  EXPECT_GE(got, 3 * abi::kReceiveBufferSize);
  writer.join();
}

// What a second ethread receives may be looked at before what the first holds: it must wait.
TEST_F(EpollReceiverTest, AnotherEthreadBringsMoreOnlyWhenTheFirstHasTakenItsPart) {
  ASSERT_EQ(receiver_.receive(kToken, fd_, 16), 0);
  peer_sends("first");
  while (areas_[0].arrival_count == 0) look(0);
  peer_sends("second");
  for (int i = 0; i < 3; ++i) {
    look(1, 20);
    EXPECT_EQ(areas_[1].arrival_count, 0u);
  }
  EXPECT_EQ(take(0), "first");
  EXPECT_EQ(collect(1, 6), "second");
}

TEST_F(EpollReceiverTest, TwoEthreadsAtOnceKeepTheOrder) {
  constexpr size_t kTotal = 8 << 20;
  ASSERT_EQ(receiver_.receive(kToken, fd_, 1 << 20), 0);
  std::thread writer([&] {
    std::string piece(4096, '\0');
    for (size_t sent = 0; sent < kTotal; sent += piece.size()) {
      for (size_t i = 0; i < piece.size(); ++i) piece[i] = static_cast<char>((sent + i) * 2654435761u >> 24);
      peer_sends(piece);
    }
  });
  std::mutex order;  // as a stream's lock: arrivals of one ethread are delivered in one go
  std::string got;
  std::vector<std::thread> ethreads;
  for (unsigned ethread : {0u, 1u})
    ethreads.emplace_back([&, ethread] {
      for (int idle = 0; idle < 50;) {
        look(ethread, 10);
        const bool nothing = areas_[ethread].arrival_count == 0;
        idle = nothing ? idle + 1 : 0;
        std::lock_guard guard(order);
        abi::EthreadArea& area = areas_[ethread];
        std::string text;
        area.returned_count = 0;
        for (uint64_t i = 0; i < area.arrival_count; ++i) {
          text.append(memory_.data() + area.arrivals[i].buffer * abi::kReceiveBufferSize,
                      static_cast<size_t>(area.arrivals[i].result));
          area.returned[area.returned_count++] = area.arrivals[i].buffer;
        }
        got += text;
        __atomic_store_n(&area.arrivals_taken, area.arrivals_taken + std::exchange(area.arrival_count, 0),
                         __ATOMIC_RELEASE);
        receiver_.take_back(area);
        if (got.size() == kTotal) return;
      }
    });
  for (std::thread& thread : ethreads) thread.join();
  shutdown(fd_, SHUT_RDWR);
  writer.join();
  ASSERT_EQ(got.size(), kTotal);
  for (size_t i = 0; i < kTotal; ++i) ASSERT_EQ(got[i], static_cast<char>(i * 2654435761u >> 24)) << i;
}

TEST_F(EpollReceiverTest, AStoppedStreamBringsNothing) {
  ASSERT_EQ(receiver_.receive(kToken, fd_, 16), 0);
  EXPECT_EQ(receiver_.stop(kToken), 0);
  peer_sends("late");
  look(0, 20);
  EXPECT_EQ(areas_[0].arrival_count, 0u);
}

TEST_F(EpollReceiverTest, ADescriptorThatIsNotRegisteredIsRefused) {
  EXPECT_EQ(receiver_.receive(kToken + 1, epoll_, 16), -EINVAL);
  EXPECT_EQ(receiver_.receive(kToken + 2, 9999, 16), -EBADF);
}

}  // namespace
}  // namespace scone::host
