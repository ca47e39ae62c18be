// Sockets over the real kernel, and over one that lies.
#include "enclave/net/host_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "enclave/net/fake_scheduler_test.h"
#include "tests/file/fake_host.h"

namespace scone::net {
namespace {

using file::IoVector;

Address to_address(const sockaddr_in& address) {
  Address result;
  result.size = sizeof address;
  std::memcpy(result.bytes, &address, sizeof address);
  return result;
}

// A TCP connection: one end is a socket of the enclave, the other the test's own descriptor.
class HostSocketTest : public testing::Test {
 protected:
  HostSocketTest() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    file_ = HostSocket::create(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0).take();
    auto connected = socket().connect(to_address(address));
    EXPECT_TRUE(connected.ok() || connected.error() == Errno(EINPROGRESS));
    peer_ = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    fake::raised_signals().clear();
  }
  ~HostSocketTest() override {
    if (peer_ >= 0) ::close(peer_);
  }
  Socket& socket() { return *file_->as_socket(); }
  Result<size_t> read(std::string& text) {
    IoVector to = IoVector::of_runtime(text.data(), text.size());
    auto count = file_->read(to, {});
    if (count.ok()) text.resize(count.value());
    return count;
  }
  Result<size_t> write(std::string text, int flags = 0) {
    IoVector from = IoVector::of_runtime(text.data(), text.size());
    return socket().send({from, flags});
  }
  void peer_sends(const std::string& text) {
    ASSERT_EQ(::write(peer_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  size_t host_calls() { return fake::journal().numbers.size(); }
  // Registers the socket and takes what the kernel tells at once.
  void watch() {
    file_->expect(EPOLLIN);
    fake::collect_events();
  }

  Ref<file::File> file_;
  int peer_ = -1;
};

TEST_F(HostSocketTest, ReadsAndWrites) {
  peer_sends("ping");
  std::string text(100, '?');
  EXPECT_EQ(read(text).value_or(0), 4u);
  EXPECT_EQ(text, "ping");
  EXPECT_EQ(write("pong").value_or(0), 4u);
  char buffer[8];
  EXPECT_EQ(::read(peer_, buffer, 8), 4);
  EXPECT_EQ(read(text).error(), Errno(EAGAIN));
}

TEST_F(HostSocketTest, AShortReadTellsThatNothingIsLeft) {
  watch();
  peer_sends("request");
  fake::collect_events();
  EXPECT_TRUE(file_->poll() & EPOLLIN);
  std::string text(100, '?');
  ASSERT_TRUE(read(text).ok());
  fake::journal().clear();
  EXPECT_FALSE(file_->ready_source()->events(EPOLLIN) & EPOLLIN);
  EXPECT_EQ(host_calls(), 0u) << "known without asking";
  peer_sends("next");
  fake::collect_events();
  EXPECT_TRUE(file_->ready_source()->events(EPOLLIN) & EPOLLIN);
  EXPECT_EQ(host_calls(), 0u);
}

TEST_F(HostSocketTest, AFullReadIsFollowedByAQuestion) {
  watch();
  peer_sends("12345678");
  fake::collect_events();
  std::string text(4, '?');
  ASSERT_TRUE(read(text).ok());
  EXPECT_TRUE(file_->poll() & EPOLLIN);
  text.resize(4);
  ASSERT_TRUE(read(text).ok());
  EXPECT_FALSE(file_->poll() & EPOLLIN);
}

TEST_F(HostSocketTest, EndOfFileBehindDataIsNotOverlooked) {
  watch();
  peer_sends("last words");
  ::close(peer_);
  peer_ = -1;
  fake::collect_events();
  std::string text(100, '?');
  ASSERT_EQ(read(text).value_or(0), 10u);
  EXPECT_TRUE(file_->poll() & EPOLLIN);
  text.resize(100);
  EXPECT_EQ(read(text).value_or(1), 0u);
}

TEST_F(HostSocketTest, EndOfFileThatComesAfterTheEventIsNotOverlooked) {
  watch();
  peer_sends("last words");
  fake::collect_events();
  ::shutdown(peer_, SHUT_WR);
  std::string text(100, '?');
  ASSERT_EQ(read(text).value_or(0), 10u);
  fake::collect_events();
  EXPECT_TRUE(file_->poll() & EPOLLIN);
}

TEST_F(HostSocketTest, AFullSendBufferAndItsEdge) {
  watch();
  const std::string block(1 << 20, 'x');
  while (write(block).ok()) {
  }
  EXPECT_EQ(write("x").error(), Errno(EAGAIN));
  EXPECT_FALSE(file_->poll() & EPOLLOUT);
  std::string sink(1 << 20, ' ');
  while (::recv(peer_, sink.data(), sink.size(), MSG_DONTWAIT) > 0 ||
         !(fake::collect_events(), file_->poll() & EPOLLOUT)) {
  }
  EXPECT_TRUE(write("x").ok());
}

TEST_F(HostSocketTest, ABrokenConnectionRaisesSigpipe) {
  const linger hard{1, 0};
  ASSERT_EQ(::setsockopt(peer_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
  ::close(peer_);
  peer_ = -1;
  EXPECT_EQ(write("x").error(), Errno(ECONNRESET));
  EXPECT_TRUE(fake::raised_signals().empty());
  EXPECT_EQ(write("x", kMsgNoSignal).error(), Errno(EPIPE));
  EXPECT_TRUE(fake::raised_signals().empty());
  EXPECT_EQ(write("x").error(), Errno(EPIPE));
  EXPECT_EQ(fake::raised_signals(), std::vector<int>{SIGPIPE});
}

TEST_F(HostSocketTest, WaitAllOfANonBlockingSocketTakesWhatThereIs) {
  peer_sends("abc");
  std::string text(10, '?');
  IoVector to = IoVector::of_runtime(text.data(), text.size());
  Incoming message{to, kMsgWaitAll};
  EXPECT_EQ(socket().receive(message).value_or(0), 3u);
}

TEST_F(HostSocketTest, FamiliesThatAreNotLetThrough) {
  EXPECT_EQ(HostSocket::create(AF_PACKET, SOCK_RAW, 0).error(), Errno(EAFNOSUPPORT));
  EXPECT_EQ(HostSocket::create(AF_ALG, SOCK_SEQPACKET, 0).error(), Errno(EAFNOSUPPORT));
}

using HostSocketAttack = HostSocketTest;

TEST_F(HostSocketAttack, HostReceivesMoreThanTheBufferHolds) {
  fake::KernelGuard liar(fake::lie_about(
      SYS_recvfrom, [](const fake::Call& call) { return static_cast<int64_t>(call.arguments[2] + 1); }));
  std::string text(16, '?');
  EXPECT_THROW((void)read(text).ok(), fake::Violation);
}

TEST_F(HostSocketAttack, HostSendsMoreThanItWasGiven) {
  fake::KernelGuard liar(fake::lie_about(
      SYS_sendto, [](const fake::Call& call) { return static_cast<int64_t>(call.arguments[2] + 1); }));
  EXPECT_THROW((void)write("abc").ok(), fake::Violation);
}

TEST_F(HostSocketAttack, HostAcceptsADescriptorThatIsInUse) {
  const int used = file_->host_fd()->number();
  fake::KernelGuard liar(fake::lie_about(SYS_accept4, [used](const fake::Call&) { return used; }));
  EXPECT_THROW((void)socket().accept(nullptr, 0).ok(), fake::Violation);
}

TEST_F(HostSocketAttack, HostClaimsALongAddress) {
  fake::KernelGuard liar(fake::lie_about(SYS_getpeername, [](const fake::Call& call) {
    *reinterpret_cast<uint32_t*>(call.arguments[2]) = UINT32_MAX;
    return 0;
  }));
  auto address = socket().peer_address();
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address.value().size, Address::kMaxSize);
}

TEST_F(HostSocketAttack, HostClaimsALongOption) {
  fake::KernelGuard liar(fake::lie_about(SYS_getsockopt, [](const fake::Call& call) {
    *reinterpret_cast<uint32_t*>(call.arguments[4]) = UINT32_MAX;
    return 0;
  }));
  int value[4] = {7, 7, 7, 7};
  uint32_t size = sizeof(int);
  ASSERT_TRUE(socket()
                  .get_option(SOL_SOCKET, SO_KEEPALIVE, AppPtr<void>(reinterpret_cast<uint64_t>(value)),
                              AppPtr<uint32_t>(reinterpret_cast<uint64_t>(&size)))
                  .ok());
  EXPECT_EQ(size, sizeof(int));
  EXPECT_EQ(value[1], 7);
}

TEST_F(HostSocketAttack, HostInventsAnErrorNumber) {
  fake::KernelGuard liar(fake::lie_about(SYS_getsockopt, [](const fake::Call& call) {
    *reinterpret_cast<int*>(call.arguments[3]) = -512;
    return 0;
  }));
  int value = 0;
  uint32_t size = sizeof value;
  EXPECT_THROW((void)socket()
                   .get_option(SOL_SOCKET, SO_ERROR, AppPtr<void>(reinterpret_cast<uint64_t>(&value)),
                               AppPtr<uint32_t>(reinterpret_cast<uint64_t>(&size)))
                   .ok(),
               fake::Violation);
}

// Answers recvmsg(2) with these control messages and claims.
fake::Kernel message_with(std::string control, uint64_t claimed_size) {
  return fake::lie_about(SYS_recvmsg, [=](const fake::Call& call) {
    auto* header = reinterpret_cast<MessageHeader*>(call.arguments[1]);
    std::memcpy(reinterpret_cast<char*>(header->control), control.data(),
                std::min<size_t>(control.size(), header->control_size));
    header->control_size = claimed_size;
    return 0;
  });
}

std::string rights(int fd, uint64_t claimed = 20) {
  const ControlHeader header{claimed, SOL_SOCKET, kScmRights};
  std::string control(reinterpret_cast<const char*>(&header), sizeof header);
  control.append(reinterpret_cast<const char*>(&fd), sizeof fd);
  return control;
}

TEST_F(HostSocketAttack, ControlMessagesThatNoKernelSends) {
  char byte;
  const struct {
    const char* what;
    std::string control;
    uint64_t claimed_size;
  } cases[] = {
      {"longer than the buffer", rights(100), 4096},
      {"a record beyond the messages", rights(100, 64), 20},
      {"a record shorter than its header", rights(100, 4), 20},
      {"a descriptor in use", rights(file_->host_fd()->number()), 20},
  };
  for (const auto& each : cases) {
    IoVector to = IoVector::of_runtime(&byte, 1);
    IncomingControl control(64);
    Incoming message{to, 0, nullptr, &control};
    fake::KernelGuard liar(message_with(each.control, each.claimed_size));
    EXPECT_THROW((void)socket().receive(message).ok(), fake::Violation) << each.what;
  }
}

TEST_F(HostSocketAttack, ForgedEventsOnlyMakeItTry) {
  watch();
  for (uint64_t token = 0; token < 64; ++token)
    for (uint64_t generation = 0; generation < 8; ++generation) deliver(generation << 32 | token, UINT64_MAX);
  std::string text(16, '?');
  EXPECT_EQ(read(text).error(), Errno(EAGAIN));
}

}  // namespace
}  // namespace scone::net
