// What tests of both receivers share: a connection, and the enclave's part.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "host/syscall/receiver.h"

namespace scone::host {

class ReceiverTest : public testing::Test {
 protected:
  static constexpr uint64_t kToken = 77;

  ReceiverTest()
      : epoll_(epoll_create1(EPOLL_CLOEXEC)),
        memory_(abi::kReceiveBuffers * abi::kReceiveBufferSize),
        areas_(abi::kMaxEthreads) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    peer_ = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(peer_, reinterpret_cast<sockaddr*>(&address), size), 0);
    fd_ = accept(listener, nullptr, nullptr);
    close(listener);
    epoll_event event{.events = EPOLLRDHUP | EPOLLET, .data = {.u64 = kToken}};
    EXPECT_EQ(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event), 0);
  }
  ~ReceiverTest() override {
    if (peer_ >= 0) close(peer_);
    close(fd_);
    close(epoll_);
  }
  void peer_sends(const std::string& text) {
    ASSERT_EQ(write(peer_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void peer_closes() { close(std::exchange(peer_, -1)); }
  void peer_resets() {
    const linger hard{1, 0};
    setsockopt(peer_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    peer_closes();
  }

  // As the enclave: reads and gives back everything of this ethread.
  std::string take(Receiver& receiver, unsigned ethread) {
    abi::EthreadArea& area = areas_[ethread];
    std::string text;
    area.returned_count = 0;
    for (uint64_t i = 0; i < area.arrival_count; ++i) {
      const abi::Arrival& arrival = area.arrivals[i];
      EXPECT_EQ(arrival.token, kToken);
      if (arrival.result == 0) text += "[end]";
      if (arrival.result < 0) text += "[error " + std::to_string(-arrival.result) + "]";
      if (arrival.result <= 0) continue;
      text.append(memory_.data() + arrival.buffer * abi::kReceiveBufferSize,
                  static_cast<size_t>(arrival.result));
      area.returned[area.returned_count++] = arrival.buffer;
    }
    area.arrivals_taken += std::exchange(area.arrival_count, 0);
    receiver.take_back(area);
    return text;
  }

  const int epoll_;
  std::vector<char> memory_;
  std::vector<abi::EthreadArea> areas_;
  int fd_ = -1, peer_ = -1;
};

}  // namespace scone::host
