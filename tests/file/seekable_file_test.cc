#include "enclave/file/seekable_file.h"

#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "enclave/file/open.h"
#include "enclave/mm/backing.h"
#include "tests/file/fake_host.h"
#include "tests/file/native.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

class SeekableFileTest : public ::testing::Test {
 protected:
  SeekableFileTest() { fake::journal().clear(); }
  Ref<File> open(const std::string& name, int flags) {
    auto file = open_on_host(AT_FDCWD, (directory / name).c_str(), flags, 0600);
    EXPECT_TRUE(file.ok()) << file.error().code();
    fake::journal().clear();
    return file.take();
  }
  static size_t write(File& file, std::string text, std::optional<uint64_t> offset = {}) {
    IoVector from = app_vector(text);
    return file.write(from, offset).value_or(SIZE_MAX);
  }
  static std::string read(File& file, size_t size, std::optional<uint64_t> offset = {}) {
    std::string text(size, '?');
    IoVector to = app_vector(text);
    text.resize(file.read(to, offset).value_or(0));
    return text;
  }
  static void move_to(File& file, int64_t offset) { EXPECT_TRUE(file.seek(offset, SEEK_SET).ok()); }
  static uint64_t position(File& file) { return file.seek(0, SEEK_CUR).value_or(UINT64_MAX); }

  ScratchDirectory directory;
};

TEST_F(SeekableFileTest, PositionMovesWithReadsAndWrites) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  EXPECT_EQ(write(*file, "hello world"), 11u);
  EXPECT_EQ(position(*file), 11u);
  EXPECT_EQ(file->seek(6, SEEK_SET).value_or(0), 6u);
  EXPECT_EQ(read(*file, 100), "world");
  EXPECT_EQ(read(*file, 100), "");
  EXPECT_EQ(read(*file, 5, 0), "hello");
  EXPECT_EQ(position(*file), 11u) << "reading at an offset does not move";
  EXPECT_EQ(file->seek(-5, SEEK_END).value_or(0), 6u);
  EXPECT_EQ(file->seek(-7, SEEK_CUR).error(), Errno(EINVAL));
  EXPECT_EQ(file->seek(INT64_MAX, SEEK_CUR).error(), Errno(EINVAL));
}

TEST_F(SeekableFileTest, SeekingAsksNobody) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(file->seek(i, SEEK_SET).ok());
  position(*file);
  EXPECT_TRUE(fake::journal().numbers.empty());
}

TEST_F(SeekableFileTest, SmallTransferIsOneHostCall) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  write(*file, std::string(8192, 'x'));
  EXPECT_EQ(fake::journal().numbers, (std::vector<uint64_t>{SYS_pwrite64}));
  fake::journal().clear();
  EXPECT_EQ(read(*file, 8192, 0).size(), 8192u);
  EXPECT_EQ(fake::journal().numbers, (std::vector<uint64_t>{SYS_pread64}));
}

TEST_F(SeekableFileTest, LargeTransfersAreComplete) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  std::string text(3 << 20, '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 + i / 4096);
  EXPECT_EQ(write(*file, text), text.size());
  EXPECT_EQ(contents_of(directory / "f"), text);
  EXPECT_EQ(read(*file, text.size() + 5, 0), text);
}

TEST_F(SeekableFileTest, AppendingAsksForThePositionOnlyWhenItMatters) {
  Ref<File> file = open("f", O_RDWR | O_CREAT | O_APPEND);
  write(*file, "one ");
  write(*file, "two ");
  EXPECT_EQ(fake::journal().numbers, (std::vector<uint64_t>{SYS_write, SYS_write}));
  EXPECT_EQ(position(*file), 8u);
  move_to(*file, 0);
  EXPECT_EQ(write(*file, "three"), 5u);
  EXPECT_EQ(read(*file, 100), "") << "the position is behind what was appended";
  EXPECT_EQ(contents_of(directory / "f"), "one two three");
}

TEST_F(SeekableFileTest, AppendFlagCanBeSetAndCleared) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  write(*file, "0123456789");
  move_to(*file, 2);
  ASSERT_TRUE(file->set_flags(O_APPEND).ok());
  EXPECT_TRUE(file->flags() & O_APPEND);
  write(*file, "A");
  ASSERT_TRUE(file->set_flags(0).ok());
  EXPECT_EQ(position(*file), 11u);
  move_to(*file, 0);
  write(*file, "B");
  EXPECT_EQ(contents_of(directory / "f"), "B123456789A");
}

TEST_F(SeekableFileTest, FailedAppendDoesNotMoveThePosition) {
  Ref<File> file = open("f", O_RDWR | O_CREAT | O_APPEND);
  write(*file, "0123456789");
  move_to(*file, 4);
  {
    fake::KernelGuard full(fake::lie_about(SYS_write, [](const fake::Call&) { return -ENOSPC; }));
    EXPECT_EQ(write(*file, "x"), SIZE_MAX);
  }
  EXPECT_EQ(position(*file), 4u);
}

TEST_F(SeekableFileTest, ErrorAfterSomePiecesIsAShortWrite) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  int calls = 0;
  fake::KernelGuard full(fake::lie_about(SYS_pwrite64, [&](const fake::Call& call) -> int64_t {
    return ++calls > 2 ? -ENOSPC : fake::real_kernel(call);
  }));
  const size_t written = write(*file, std::string(1 << 20, 'x'));
  EXPECT_EQ(written, 512u << 10);
  EXPECT_EQ(position(*file), written);
}

TEST_F(SeekableFileTest, SharedDescriptionsMoveTogether) {
  const int native = native::open(directory / "f", O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::write(native, "first ", 6), 6);
  auto descriptor = HostDescriptor::create(HostFd::inherited(native));
  auto file = Ref<File>::adopt(new SeekableFile(descriptor.take(), O_RDWR, S_IFREG, PositionKeeper::kHost));
  EXPECT_EQ(write(*file, "second "), 7u);
  EXPECT_EQ(::write(native, "third", 5), 5);
  EXPECT_EQ(contents_of(directory / "f"), "first second third");
  EXPECT_EQ(position(*file), 18u);
  move_to(*file, 0);
  EXPECT_EQ(read(*file, 5), "first");
  EXPECT_EQ(lseek(native, 0, SEEK_CUR), 5);
  close(native);
}

TEST_F(SeekableFileTest, DevicesSeekAsTheyLike) {
  auto null = open_on_host(AT_FDCWD, "/dev/null", O_RDWR, 0);
  ASSERT_TRUE(null.ok());
  EXPECT_EQ(null.value()->seek(10, SEEK_SET).value_or(99), 0u);
  EXPECT_EQ(write(*null.value(), "gone"), 4u);
  EXPECT_EQ(read(*null.value(), 4), "");
  auto zero = open_on_host(AT_FDCWD, "/dev/zero", O_RDONLY, 0);
  EXPECT_EQ(read(*zero.value(), 5), std::string(5, '\0'));
}

TEST_F(SeekableFileTest, FaultingBufferTakesNothing) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  write(*file, "0123456789");
  move_to(*file, 0);
  IoVector bad(AppPtr<void>(8), 5);
  EXPECT_EQ(file->read(bad, {}).error(), Errno(EFAULT));
  EXPECT_EQ(position(*file), 0u);
  IoVector worse(AppPtr<void>(8), 5);
  EXPECT_EQ(file->write(worse, {}).error(), Errno(EFAULT));
  EXPECT_EQ(contents_of(directory / "f"), "0123456789");
}

TEST_F(SeekableFileTest, BytesToReadAreThoseBehindThePosition) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  write(*file, "0123456789");
  move_to(*file, 4);
  int left = -1;
  EXPECT_TRUE(file->ioctl(FIONREAD, reinterpret_cast<uint64_t>(&left)).ok());
  EXPECT_EQ(left, 6);
}

TEST_F(SeekableFileTest, MappingReadsAndWritesTheFile) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  write(*file, std::string(5000, 'm'));
  auto backing = file->backing(true);
  ASSERT_TRUE(backing.ok());
  EXPECT_EQ(file->backing(false).value().get(), backing.value().get());
  EXPECT_EQ(backing.value()->size().value_or(0), 5000u);
  EXPECT_EQ(backing.value()->name(), directory / "f");
  struct stat expected;
  ASSERT_EQ(::stat((directory / "f").c_str(), &expected), 0);
  EXPECT_EQ(backing.value()->inode(), expected.st_ino);
  EXPECT_EQ(backing.value()->device(), expected.st_dev);
  char page[4096];
  EXPECT_EQ(backing.value()->read(4096, reinterpret_cast<uint64_t>(page), sizeof page).value_or(0), 904u);
  memset(page, 'w', sizeof page);
  file = nullptr;  // the mapping keeps the descriptor
  EXPECT_EQ(backing.value()->write(0, reinterpret_cast<uint64_t>(page), sizeof page).value_or(0), 4096u);
  EXPECT_EQ(contents_of(directory / "f"), std::string(4096, 'w') + std::string(904, 'm'));
}

TEST_F(SeekableFileTest, MappingNeedsTheRightMode) {
  open("f", O_RDWR | O_CREAT);
  EXPECT_EQ(open("f", O_WRONLY)->backing(false).error(), Errno(EACCES));
  EXPECT_EQ(open("f", O_RDONLY)->backing(true).error(), Errno(EACCES));
  EXPECT_TRUE(open("f", O_RDONLY)->backing(false).ok());
  auto null = open_on_host(AT_FDCWD, "/dev/null", O_RDWR, 0);
  EXPECT_EQ(null.value()->backing(false).error(), Errno(ENODEV));
}

TEST_F(SeekableFileTest, LocksGoWithTheFirstDescriptor) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  HostFile* host = file->as_host_file();
  file->descriptor_closed();
  EXPECT_TRUE(fake::journal().numbers.empty()) << "no locks, nothing to drop";
  host->note_record_lock();
  file->descriptor_closed();
  EXPECT_EQ(fake::journal().numbers, (std::vector<uint64_t>{SYS_fcntl}));
}

using SeekableFileAttack = SeekableFileTest;

TEST_F(SeekableFileAttack, HostReadsMoreThanTheBufferHolds) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  fake::KernelGuard liar(fake::lie_about(
      SYS_pread64, [](const fake::Call& call) { return static_cast<int64_t>(call.arguments[2] + 1); }));
  EXPECT_THROW(read(*file, 100), fake::Violation);
}

TEST_F(SeekableFileAttack, HostWritesMoreThanItWasGiven) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  fake::KernelGuard liar(fake::lie_about(
      SYS_pwrite64, [](const fake::Call& call) { return static_cast<int64_t>(call.arguments[2] * 2); }));
  EXPECT_THROW(write(*file, "0123"), fake::Violation);
}

TEST_F(SeekableFileAttack, HostWritesNothingForEver) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  fake::KernelGuard liar(fake::lie_about(SYS_pwrite64, [](const fake::Call&) { return 0; }));
  EXPECT_EQ(write(*file, "0123"), 0u);
}

TEST_F(SeekableFileAttack, HostMakesUpANegativeSize) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  fake::KernelGuard liar(fake::lie_about(SYS_fstat, [](const fake::Call& call) {
    fake::real_kernel(call);
    reinterpret_cast<struct stat*>(call.arguments[1])->st_size = -1;
    return 0;
  }));
  struct stat result;
  EXPECT_THROW((void)file->stat(result), fake::Violation);
}

TEST_F(SeekableFileAttack, HostSeeksToANegativePosition) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  fake::KernelGuard liar(fake::lie_about(SYS_lseek, [](const fake::Call&) { return int64_t{1} << 62; }));
  EXPECT_EQ(file->seek(0, SEEK_END).value_or(0), uint64_t{1} << 62);
  std::string text = "x";
  IoVector from = app_vector(text);
  EXPECT_FALSE(file->write(from, {}).ok());
}

TEST_F(SeekableFileAttack, HostGivesOutADescriptorTwice) {
  Ref<File> first = open("f", O_RDWR | O_CREAT);
  const int number = first->host_fd()->number();
  fake::KernelGuard liar(fake::lie_about(SYS_openat, [&](const fake::Call&) { return number; }));
  EXPECT_THROW((void)open_on_host(AT_FDCWD, "/dev/null", O_RDONLY, 0), fake::Violation);
}

TEST_F(SeekableFileAttack, HostHidesANulInAName) {
  Ref<File> file = open("f", O_RDWR | O_CREAT);
  fake::KernelGuard liar(fake::lie_about(SYS_readlinkat, [](const fake::Call& call) {
    memcpy(reinterpret_cast<char*>(call.arguments[2]), "/a\0b", 4);
    return 4;
  }));
  // The name is asked for when somebody looks at it.
  auto backing = file->backing(false);
  ASSERT_TRUE(backing.ok());
  EXPECT_THROW((void)backing.value()->name(), fake::Violation);
}

}  // namespace
}  // namespace scone::file
