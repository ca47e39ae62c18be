#include "enclave/file/stream_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "enclave/file/open.h"
#include "enclave/mm/backing.h"
#include "enclave/process/signal_set.h"
#include "tests/file/fake_host.h"
#include "tests/file/native.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

// A pipe, one end of which is a file of the enclave.
class StreamFileTest : public ::testing::Test {
 protected:
  StreamFileTest() {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    fake::raised_signals().clear();
  }
  ~StreamFileTest() override {
    for (int end : ends_)
      if (end >= 0) close(end);
  }
  Ref<File> adopt(int& end, int flags, StreamAccess access = StreamAccess::kNonBlocking) {
    if (access == StreamAccess::kNonBlocking) native::set_flags(end, O_NONBLOCK);
    auto descriptor = HostDescriptor::create(HostFd::adopt(static_cast<uint64_t>(end)).take());
    end = -1;
    return Ref<File>::adopt(new StreamFile(descriptor.take(), flags, access, true));
  }
  Ref<File> reader(int flags = O_RDONLY) { return adopt(ends_[0], flags); }
  Ref<File> writer(int flags = O_WRONLY) { return adopt(ends_[1], flags); }

  static Result<size_t> read(File& file, std::string& text) {
    IoVector to = app_vector(text);
    auto count = file.read(to, {});
    if (count.ok()) text.resize(count.value());
    return count;
  }
  static Result<size_t> write(File& file, std::string text) {
    IoVector from = app_vector(text);
    return file.write(from, {});
  }

  int ends_[2];
};

TEST_F(StreamFileTest, ReadsWhatThereIs) {
  Ref<File> file = reader();
  ASSERT_EQ(::write(ends_[1], "abc", 3), 3);
  std::string text(10, '?');
  EXPECT_EQ(read(*file, text).value_or(0), 3u);
  EXPECT_EQ(text, "abc");
}

TEST_F(StreamFileTest, WaitsForData) {
  Ref<File> file = reader();
  std::thread late([this] {
    usleep(20000);
    EXPECT_EQ(::write(ends_[1], "late", 4), 4);
  });
  std::string text(10, '?');
  EXPECT_EQ(read(*file, text).value_or(0), 4u);
  late.join();
}

TEST_F(StreamFileTest, DoesNotWaitWhenNonBlocking) {
  Ref<File> file = reader(O_RDONLY | O_NONBLOCK);
  std::string text(10, '?');
  EXPECT_EQ(read(*file, text).error(), Errno(EAGAIN));
  ASSERT_TRUE(file->set_flags(0).ok());
  EXPECT_FALSE(file->nonblocking());
  close(std::exchange(ends_[1], -1));
  EXPECT_EQ(read(*file, text).value_or(9), 0u);
}

TEST_F(StreamFileTest, WritesAllWhenBlocking) {
  Ref<File> file = writer();
  std::string received;
  std::thread drain([&] {
    char piece[4096];
    for (long n; (n = ::read(ends_[0], piece, sizeof piece)) > 0;)
      received.append(piece, static_cast<size_t>(n));
  });
  const std::string text(1 << 20, 'w');
  EXPECT_EQ(write(*file, text).value_or(0), text.size());
  file = nullptr;
  drain.join();
  EXPECT_EQ(received, text);
}

TEST_F(StreamFileTest, WritesWhatFitsWhenNonBlocking) {
  Ref<File> file = writer(O_WRONLY | O_NONBLOCK);
  const size_t first = write(*file, std::string(1 << 20, 'w')).value_or(0);
  EXPECT_GT(first, 0u);
  EXPECT_LT(first, 1u << 20);
  EXPECT_EQ(write(*file, "x").error(), Errno(EAGAIN));
}

TEST_F(StreamFileTest, BrokenPipeRaisesASignal) {
  Ref<File> file = writer();
  close(std::exchange(ends_[0], -1));
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction old;
  sigaction(SIGPIPE, &ignore, &old);
  EXPECT_EQ(write(*file, "x").error(), Errno(EPIPE));
  sigaction(SIGPIPE, &old, nullptr);
  EXPECT_EQ(fake::raised_signals(), (std::vector<int>{process::kSigPipe}));
}

TEST_F(StreamFileTest, HasNoPositions) {
  Ref<File> file = reader();
  std::string text(10, '?');
  IoVector to = app_vector(text);
  EXPECT_EQ(file->read(to, 0).error(), Errno(ESPIPE));
  EXPECT_EQ(file->seek(0, SEEK_CUR).error(), Errno(ESPIPE));
  EXPECT_EQ(file->backing(false).error(), Errno(ENODEV));
}

TEST_F(StreamFileTest, SharedDescriptionsKeepTheirFlags) {
  const int before = native::flags_of(ends_[0]);
  const int watched = dup(ends_[0]);
  Ref<File> file = adopt(ends_[0], O_RDONLY, StreamAccess::kHelper);
  ASSERT_TRUE(file->set_flags(O_NONBLOCK).ok());
  EXPECT_EQ(native::flags_of(watched), before);
  std::string text(10, '?');
  EXPECT_EQ(read(*file, text).error(), Errno(EAGAIN)) << "without asking, this would block";
  ASSERT_EQ(::write(ends_[1], "abc", 3), 3);
  fake::journal().clear();
  EXPECT_EQ(read(*file, text).value_or(0), 3u);
  EXPECT_EQ(fake::journal().blocking, (std::vector<uint64_t>{SYS_read})) << "no ethread may block";
  EXPECT_EQ(file->host_fd(), nullptr);
  close(watched);
}

TEST_F(StreamFileTest, SharedSocketsAreAskedWithoutWaiting) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  Ref<File> file = adopt(pair[0], O_RDWR | O_NONBLOCK, StreamAccess::kMessages);
  std::string text(10, '?');
  EXPECT_EQ(read(*file, text).error(), Errno(EAGAIN));
  ASSERT_EQ(::write(pair[1], "abc", 3), 3);
  EXPECT_EQ(read(*file, text).value_or(0), 3u);
  EXPECT_EQ(write(*file, "reply").value_or(0), 5u);
  close(pair[1]);
}

TEST_F(StreamFileTest, OpensAFifoForWritingWhenAReaderComes) {
  ScratchDirectory directory;
  const std::string path = directory / "fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(open_on_host(AT_FDCWD, path.c_str(), O_WRONLY | O_NONBLOCK, 0).error(), Errno(ENXIO));
  std::thread reader([&] {
    const int fd = native::open(path, O_RDONLY);
    char byte;
    EXPECT_EQ(::read(fd, &byte, 1), 1);
    close(fd);
  });
  fake::journal().clear();
  auto file = open_on_host(AT_FDCWD, path.c_str(), O_WRONLY, 0);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(write(*file.value(), "x").value_or(0), 1u);
  reader.join();
}

using StreamFileAttack = StreamFileTest;

TEST_F(StreamFileAttack, HostReadsMoreThanTheBufferHolds) {
  Ref<File> file = reader();
  fake::KernelGuard liar(fake::lie_about(SYS_read, [](const fake::Call&) { return 11; }));
  std::string text(10, '?');
  EXPECT_THROW((void)read(*file, text), fake::Violation);
}

TEST_F(StreamFileAttack, HostTakesMoreThanItWasGiven) {
  Ref<File> file = writer();
  fake::KernelGuard liar(fake::lie_about(SYS_write, [](const fake::Call&) { return 5; }));
  EXPECT_THROW((void)write(*file, "abcd"), fake::Violation);
}

}  // namespace
}  // namespace scone::file
