#include "enclave/file/host_directory.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <set>

#include "enclave/file/dirent.h"
#include "enclave/file/open.h"
#include "tests/file/fake_host.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

class HostDirectoryTest : public ::testing::Test {
 protected:
  HostDirectoryTest() {
    for (int i = 0; i < 300; ++i) std::ofstream(directory / ("file-" + std::to_string(i)));
    file = open_on_host(AT_FDCWD, (directory / ".").c_str(), O_RDONLY | O_DIRECTORY, 0).take();
  }
  // One call with a buffer of this size: adds the names to `names`.
  Result<size_t> list(size_t size) {
    std::string buffer(size, '\0');
    IoVector to = app_vector(buffer);
    auto count = file->read_directory(to);
    for (size_t at = 0; count.ok() && at < count.value();) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      EXPECT_TRUE(names.insert(entry->d_name).second) << entry->d_name << " twice";
      at += entry->d_reclen;
    }
    return count;
  }

  ScratchDirectory directory;
  Ref<File> file;
  std::set<std::string> names;
};

TEST_F(HostDirectoryTest, ListsEverythingOnceInSmallPieces) {
  while (list(256).value_or(0) > 0) {
  }
  EXPECT_EQ(names.size(), 302u);
}

TEST_F(HostDirectoryTest, RefusesABufferThatHoldsNoRecord) { EXPECT_EQ(list(4).error(), Errno(EINVAL)); }

TEST_F(HostDirectoryTest, RecordsThatFaultAreNotLost) {
  ASSERT_GT(list(1024).value_or(0), 0u);
  IoVector bad(AppPtr<void>(8), 1024);
  EXPECT_EQ(file->read_directory(bad).error(), Errno(EFAULT));
  while (list(1024).value_or(0) > 0) {
  }
  EXPECT_EQ(names.size(), 302u);
}

TEST_F(HostDirectoryTest, RewindsToTheBeginning) {
  while (list(4096).value_or(0) > 0) {
  }
  EXPECT_EQ(file->seek(0, SEEK_SET).value_or(1), 0u);
  names.clear();
  EXPECT_GT(list(4096).value_or(0), 0u);
}

TEST_F(HostDirectoryTest, IsNotReadAsAFile) {
  std::string text(10, '?');
  IoVector to = app_vector(text);
  EXPECT_EQ(file->read(to, {}).error(), Errno(EISDIR));
}

using HostDirectoryAttack = HostDirectoryTest;

TEST_F(HostDirectoryAttack, HostReturnsMoreThanTheBufferHolds) {
  fake::KernelGuard liar(fake::lie_about(
      SYS_getdents64, [](const fake::Call& call) { return static_cast<int64_t>(call.arguments[2] + 24); }));
  EXPECT_THROW((void)list(256), fake::Violation);
}

TEST_F(HostDirectoryAttack, HostNamesAPath) {
  fake::KernelGuard liar(fake::lie_about(SYS_getdents64, [](const fake::Call& call) {
    Text text;
    append_dirent(text, 1, 1, DT_REG, "../../etc");
    memcpy(reinterpret_cast<char*>(call.arguments[1]), text.view().data(), text.view().size());
    return static_cast<int64_t>(text.view().size());
  }));
  EXPECT_THROW((void)list(256), fake::Violation);
}

TEST_F(HostDirectoryAttack, HostCutsARecordOff) {
  fake::KernelGuard liar(
      fake::lie_about(SYS_getdents64, [](const fake::Call& call) { return fake::real_kernel(call) - 8; }));
  EXPECT_THROW((void)list(256), fake::Violation);
}

}  // namespace
}  // namespace scone::file
