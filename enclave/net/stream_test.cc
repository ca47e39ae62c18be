// A TCP socket over an engine that posts calls: what the host's answers, honest and not, make of sent and received bytes.
#include "enclave/net/stream.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <deque>
#include <string>

#include "abi/border.h"
#include "enclave/boundary/events.h"
#include "enclave/net/fake_scheduler_test.h"
#include "enclave/net/host_socket.h"
#include "enclave/net/stream_arrivals.h"
#include "tests/file/fake_host.h"

namespace scone::net {
namespace {

using file::IoVector;

constexpr auto kReceive = static_cast<uint64_t>(abi::RunnerCall::kReceive);
constexpr auto kStop = static_cast<uint64_t>(abi::RunnerCall::kStopReceiving);

// The host of one connection: what was sent comes together in `wire`; each send takes its answer from `answers`, or all.
struct Host {
  std::string wire;
  std::deque<int64_t> answers;  // how many bytes are taken, or -errno
  uint64_t token = 0;
  uint64_t asked = 0;  // buffers
  int room_asked = 0, stopped = 0;
  int64_t receive_answer = 0, room_answer = 0;

  int64_t operator()(const fake::Call& call) {
    const auto& a = call.arguments;
    if (call.number == kReceive) {
      token = a[0];
      asked += a[2];
      return receive_answer;
    }
    if (call.number == kStop) return ++stopped, 0;
    if (call.number == SYS_epoll_ctl && a[1] == EPOLL_CTL_MOD && ++room_asked && room_answer)
      return room_answer;
    if (call.number == SYS_sendfile) return take(std::string(a[3], 'f'));
    if (call.number != SYS_sendto) return fake::real_kernel(call);
    return take(std::string(reinterpret_cast<const char*>(a[1]), a[2]));
  }
  int64_t take(const std::string& bytes) {
    int64_t answer = static_cast<int64_t>(bytes.size());
    if (!answers.empty()) {
      answer = answers.front();
      answers.pop_front();
    }
    if (answer > 0) wire += bytes.substr(0, static_cast<size_t>(answer));
    return answer;
  }
};

class StreamTest : public testing::Test {
 protected:
  StreamTest() : kernel_([this](const fake::Call& call) { return host_(call); }) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
    Ref<file::File> acceptor =
        HostSocket::adopt(boundary::HostFd::adopt(static_cast<uint64_t>(listener)).take(), 0).take();
    file_ = acceptor->as_socket()->accept(nullptr, kSockNonBlock).take();
    peer_ = client;
    fake::raised_signals().clear();
    std::string text(1, '?');
    EXPECT_EQ(read(text).error(), Errno(EAGAIN));  // begins the stream
    fake::cross();
    EXPECT_GT(host_.asked, 0u);
  }
  ~StreamTest() override { ::close(peer_); }

  Stream& stream() { return *file_->ready_source()->stream(); }
  void cross() { boundary::wait_for_events(0); }
  Result<size_t> read(std::string& text, int flags = 0) {
    IoVector to = IoVector::of_runtime(text.data(), text.size());
    Incoming message{to, flags, nullptr, nullptr};
    auto count = file_->as_socket()->receive(message);
    if (count.ok()) text.resize(count.value());
    return count;
  }
  Result<size_t> write(std::string text, int flags = 0) {
    IoVector from = IoVector::of_runtime(text.data(), text.size());
    return file_->as_socket()->send({from, flags});
  }
  void arrives(const std::string& text) {
    fake::receive_buffers().content = text;
    deliver_arrival(host_.token, static_cast<int64_t>(text.size()), 0);
  }
  void fails(int error) { deliver_arrival(host_.token, -error, 0); }
  void ends() { deliver_arrival(host_.token, 0, 0); }
  uint32_t ready() { return file_->poll() & (EPOLLIN | EPOLLOUT); }

  fake::BatchingGuard batching_;
  Host host_;
  fake::KernelGuard kernel_;
  Ref<file::File> file_;
  int peer_ = -1;
};

TEST_F(StreamTest, SendsLeaveWithTheNextCrossing) {
  EXPECT_EQ(write("one ").value_or(0), 4u);
  EXPECT_EQ(write("two").value_or(0), 3u);
  EXPECT_EQ(host_.wire, "");
  cross();
  EXPECT_EQ(host_.wire, "one two");
  EXPECT_TRUE(stream().sent_all());
}

TEST_F(StreamTest, WhatTheKernelDoesNotTakeFollowsAfterAnEdge) {
  host_.answers = {3, -EAGAIN};
  EXPECT_TRUE(write("abcdef").ok());
  cross();
  EXPECT_EQ(host_.wire, "abc");
  EXPECT_TRUE(stream().blocked());
  cross();
  EXPECT_EQ(host_.wire, "abc");  // not tried without an edge
  EXPECT_EQ(host_.room_asked, 1);
  ready_table::notify(host_.token, EPOLLOUT);
  cross();  // EAGAIN once more
  ready_table::notify(host_.token, EPOLLOUT);
  cross();
  EXPECT_EQ(host_.wire, "abcdef");
}

TEST_F(StreamTest, SegmentsBehindAShortSendAreCancelledAndStayInOrder) {
  const std::string a(5000, 'a'), b(6000, 'b'), c(7000, 'c');
  for (const std::string& text : {a, b, c}) EXPECT_EQ(write(text).value_or(0), text.size());
  host_.answers = {1000};
  cross();
  EXPECT_EQ(host_.wire, a.substr(0, 1000));
  ready_table::notify(host_.token, EPOLLOUT);
  cross();
  EXPECT_EQ(host_.wire, a + b + c);
}

TEST_F(StreamTest, AWriterIsStoppedByAFullKernel) {
  host_.answers = {-EAGAIN};
  const std::string piece(100000, 'x');
  size_t sum = 0;
  for (int i = 0; i < 100; ++i) {
    auto put = write(piece);
    if (!put.ok()) break;
    sum += put.value();
  }
  EXPECT_LT(sum, 1u << 20);
  EXPECT_EQ(write(piece).error(), Errno(EAGAIN));
  EXPECT_EQ(ready() & EPOLLOUT, 0u);
  ready_table::notify(host_.token, EPOLLOUT);
  cross();
  EXPECT_EQ(host_.wire.size(), sum);
  EXPECT_EQ(ready() & EPOLLOUT, uint32_t{EPOLLOUT});
}

TEST_F(StreamTest, ASendErrorIsToldOnceAndThenPipeWithSignal) {
  host_.answers = {-ECONNRESET};
  EXPECT_TRUE(write("lost").ok());
  cross();
  EXPECT_EQ(write("x").error(), Errno(ECONNRESET));
  EXPECT_TRUE(fake::raised_signals().empty());
  EXPECT_EQ(write("x").error(), Errno(EPIPE));
  EXPECT_EQ(fake::raised_signals().size(), 1u);
}

TEST_F(StreamTest, BytesThatComeAfterASendFailedAreRead) {
  host_.answers = {-ECONNRESET};
  EXPECT_TRUE(write("more").ok());
  cross();
  arrives("413 too large");
  ends();
  std::string text(100, '?');
  EXPECT_EQ(read(text).value_or(0), 13u);
  EXPECT_EQ(read(text).error(), Errno(ECONNRESET));
  EXPECT_EQ(read(text).value_or(99), 0u);
}

TEST_F(StreamTest, AnErrorBehindBytesWaitsForTheNextCall) {
  arrives("abc");
  fails(ECONNRESET);
  std::string text(10, '?');
  EXPECT_EQ(read(text, kMsgWaitAll).value_or(0), 3u);
  EXPECT_EQ(read(text).error(), Errno(ECONNRESET));
  EXPECT_EQ(read(text).value_or(99), 0u);
  EXPECT_EQ(write("x").error(), Errno(EPIPE));
}

TEST_F(StreamTest, AFaultLeavesNothingInTheWayOfWhatFollows) {
  auto file =
      file::HostDescriptor::create(boundary::HostFd::adopt(static_cast<uint64_t>(::dup(0))).take()).take();
  IoVector bad(AppPtr<void>(uint64_t{16}), 100);
  EXPECT_EQ(stream().put(bad).error(), Errno(EFAULT));
  EXPECT_EQ(stream().put_file(file, 0, 4).value_or(0), 4u);
  cross();
  EXPECT_EQ(host_.wire, "ffff");
}

TEST_F(StreamTest, AFileThatBecameShorterEndsTheConnectionInsteadOfTryingForEver) {
  auto file =
      file::HostDescriptor::create(boundary::HostFd::adopt(static_cast<uint64_t>(::dup(0))).take()).take();
  host_.answers = {2, 0};
  EXPECT_EQ(stream().put_file(file, 0, 100).value_or(0), 100u);
  cross();
  ready_table::notify(host_.token, EPOLLOUT);
  cross();
  EXPECT_TRUE(stream().sent_all());
  EXPECT_EQ(write("x").error(), Errno(EIO));
}

TEST_F(StreamTest, ArrivalsInAnyNumberStayInOrder) {
  std::string expected;
  for (int i = 0; i < 16; ++i) {
    arrives(std::string(static_cast<size_t>(i + 1), static_cast<char>('a' + i)));
    expected += fake::receive_buffers().content;
  }
  ends();
  std::string text(7, '?'), got;
  while (read(text).value_or(0) > 0) {
    got += text;
    text.assign(7, '?');
  }
  EXPECT_EQ(got, expected);
}

TEST_F(StreamTest, NoMoreIsAskedForWhileNobodyReads) {
  const uint64_t asked = host_.asked;
  for (uint64_t i = 0; i < asked; ++i) arrives("x");
  cross();
  EXPECT_EQ(host_.asked, asked);
  std::string text(asked, '?');
  EXPECT_EQ(read(text).value_or(0), asked);
  cross();
  EXPECT_GT(host_.asked, asked);
}

// On another ethread, while the one that asked is still outside.
TEST_F(StreamTest, MoreIsAskedForAlthoughAllCameBeforeTheAnswer) {
  const uint64_t asked = host_.asked;
  for (uint64_t i = 0; i < asked; ++i) arrives("x");
  std::string text(asked, '?');
  EXPECT_EQ(read(text).value_or(0), asked);  // asks for as many again
  for (uint64_t i = 0; i < asked; ++i) arrives("y");
  EXPECT_EQ(read(text).value_or(0), asked);  // cannot ask: the first is under way
  cross();
  cross();
  EXPECT_GT(host_.asked, 2 * asked);
}

TEST_F(StreamTest, UnreadBytesMoveInsideWhenBuffersAreScarce) {
  fake::receive_buffers().scarce = true;
  arrives("kept");
  {
    fake::MemoryShortage shortage;
    arrives(" anyway");  // then they stay where they are
  }
  fake::receive_buffers().scarce = false;
  std::string text(100, '?');
  EXPECT_EQ(read(text).value_or(0), 11u);
  EXPECT_EQ(text, "kept anyway");
}

TEST_F(StreamTest, WithoutMemoryASendFailsAndTheStreamLives) {
  {
    fake::MemoryShortage shortage;
    (void)write("perhaps").ok();
  }
  EXPECT_TRUE(write("surely").ok());
  cross();
  EXPECT_TRUE(host_.wire.ends_with("surely"));
}

TEST_F(StreamTest, AClosedSocketStillSends) {
  host_.answers = {2};
  EXPECT_TRUE(write("farewell").ok());
  file_ = nullptr;
  cross();
  EXPECT_EQ(host_.stopped, 0);
  ready_table::notify(host_.token, EPOLLOUT);
  cross();
  cross();
  EXPECT_EQ(host_.wire, "farewell");
  EXPECT_EQ(host_.stopped, 1);
  arrives("late");  // names nobody
}

TEST_F(StreamTest, ItsEndNeedsNoMemory) {
  fake::MemoryShortage shortage;
  file_ = nullptr;
  cross();
  EXPECT_EQ(host_.stopped, 1);
}

TEST_F(StreamTest, WithoutWordOfRoomWhatIsUnsentIsGivenUp) {
  host_.answers = {3};
  host_.room_answer = -ENOMEM;
  EXPECT_TRUE(write("abcdef").ok());
  cross();
  EXPECT_TRUE(stream().blocked());
  cross();  // asks for word of room, in vain
  EXPECT_FALSE(stream().blocked());
  EXPECT_TRUE(stream().sent_all());
  EXPECT_EQ(write("x").error(), Errno(ENOMEM));
  EXPECT_EQ(write("x").error(), Errno(EPIPE));
  file_ = nullptr;
  cross();
  EXPECT_EQ(host_.stopped, 1);  // nothing holds it any more
}

TEST_F(StreamTest, WithoutWordOfRoomAnEdgeThatCameAnywayIsEnough) {
  host_.answers = {3};
  host_.room_answer = -ENOMEM;
  EXPECT_TRUE(write("abcdef").ok());
  cross();
  ready_table::notify(host_.token, EPOLLOUT);
  cross();
  cross();
  EXPECT_EQ(host_.wire, "abcdef");
  EXPECT_TRUE(write("more").ok());
}

using StreamAttack = StreamTest;

TEST_F(StreamAttack, MoreSentThanThereWas) {
  host_.answers = {5};
  EXPECT_TRUE(write("four").ok());
  EXPECT_THROW(cross(), fake::Violation);
}

TEST_F(StreamAttack, ErrorsThatNoKernelKnows) {
  for (int64_t error : {int64_t{-4096}, INT64_MIN, int64_t{-512}}) {
    EXPECT_THROW(deliver_arrival(host_.token, error, 0), fake::Violation) << error;
  }
  host_.answers = {-512};
  EXPECT_TRUE(write("four").ok());
  EXPECT_THROW(cross(), fake::Violation);
}

TEST_F(StreamAttack, MoreArrivesThanWasAskedFor) {
  for (uint64_t i = 0; i < host_.asked; ++i) arrives("x");
  EXPECT_THROW(arrives("x"), fake::Violation);
}

TEST_F(StreamAttack, BytesBehindTheEndAreNotRead) {
  ends();
  arrives("x");
  fails(ECONNRESET);
  std::string text(4, '?');
  EXPECT_EQ(read(text).value_or(99), 0u);
  EXPECT_EQ(read(text).value_or(99), 0u);
}

TEST_F(StreamAttack, ForgedTokensReachNobody) {
  fake::receive_buffers().content = "forged";
  for (uint64_t token : {uint64_t{0}, host_.token + 1, host_.token | uint64_t{1} << 63, UINT64_MAX})
    deliver_arrival(token, 6, 0);
  std::string text(10, '?');
  EXPECT_EQ(read(text).error(), Errno(EAGAIN));
}

TEST_F(StreamAttack, AStaleAnswerDoesNotMakeAReaderSpin) {
  file_->ready_source()->know(EPOLLIN, true);  // as a poll that was overtaken might leave it
  std::string text(10, '?');
  EXPECT_EQ(read(text).error(), Errno(EAGAIN));
  EXPECT_EQ(ready() & EPOLLIN, 0u);
}

}  // namespace
}  // namespace scone::net
