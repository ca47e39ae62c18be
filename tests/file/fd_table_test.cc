#include "enclave/file/fd_table.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/file/fake_host.h"

namespace scone::file {
namespace {

// Counts its kind, and tells when a descriptor was closed.
class Probe final : public File {
 public:
  static inline int alive = 0;
  Probe() : File(0) { ++alive; }
  ~Probe() override { --alive; }
  void descriptor_closed() override {
    EXPECT_EQ(sched::held_ranks(), 0u) << "closed with the table locked";
    ++closed;
  }
  int closed = 0;
};

class FdTableTest : public ::testing::Test {
 protected:
  ~FdTableTest() override {
    table.close_all();
    EXPECT_EQ(Probe::alive, 0);
  }
  static Ref<File> make() { return Ref<File>::adopt(new Probe); }
  int install(int minimum = 0) { return table.install(make(), false, minimum).value_or(-1); }
  FdTable table;
};

TEST_F(FdTableTest, GivesTheLowestFreeNumber) {
  for (int fd = 0; fd < 5; ++fd) EXPECT_EQ(install(), fd);
  ASSERT_TRUE(table.remove(1).ok());
  ASSERT_TRUE(table.remove(3).ok());
  EXPECT_EQ(install(), 1);
  EXPECT_EQ(install(), 3);
  EXPECT_EQ(install(), 5);
}

TEST_F(FdTableTest, HonoursAMinimum) {
  EXPECT_EQ(install(10), 10);
  EXPECT_EQ(install(10), 11);
  EXPECT_EQ(install(), 0);
  EXPECT_EQ(install(200), 200);
}

TEST_F(FdTableTest, RefusesWhatIsNotOpen) {
  EXPECT_EQ(install(), 0);
  for (int fd : {-1, 1, 63, 64, 1 << 20, INT32_MIN}) {
    EXPECT_EQ(table.get(fd).error(), Errno(EBADF)) << fd;
    EXPECT_EQ(table.remove(fd).error(), Errno(EBADF)) << fd;
    EXPECT_EQ(table.close_on_exec(fd).error(), Errno(EBADF)) << fd;
  }
}

TEST_F(FdTableTest, StopsAtTheLimit) {
  table.set_limit(100);
  for (int fd = 0; fd < 100; ++fd) EXPECT_EQ(install(), fd);
  EXPECT_EQ(table.install(make(), false).error(), Errno(EMFILE));
  EXPECT_EQ(table.install(make(), false, 100).error(), Errno(EMFILE));
  Ref<File> none;
  EXPECT_EQ(table.replace(100, make(), false, none).error(), Errno(EBADF));
  EXPECT_EQ(table.replace(-1, make(), false, none).error(), Errno(EBADF));
  ASSERT_TRUE(table.remove(40).ok());
  EXPECT_EQ(install(), 40);
}

TEST_F(FdTableTest, KeepsDescriptorsAboveALoweredLimit) {
  EXPECT_EQ(install(70), 70);
  table.set_limit(10);
  EXPECT_TRUE(table.get(70).ok());
  EXPECT_EQ(table.install(make(), false, 10).error(), Errno(EMFILE));
  EXPECT_EQ(install(), 0);
}

TEST_F(FdTableTest, GrowsToManyWithoutLosingAny) {
  table.set_limit(5000);
  std::vector<File*> files;
  for (int fd = 0; fd < 5000; ++fd) {
    Ref<File> file = make();
    files.push_back(file.get());
    ASSERT_EQ(table.install(std::move(file), fd % 2).value_or(-1), fd);
  }
  for (int fd = 0; fd < 5000; ++fd) {
    EXPECT_EQ(table.get(fd).value()->as_socket(), nullptr);
    EXPECT_EQ(table.get(fd).value().get(), files[static_cast<size_t>(fd)]);
    EXPECT_EQ(table.close_on_exec(fd).value_or(fd % 2 == 0), fd % 2 == 1);
  }
}

TEST_F(FdTableTest, FailsWithoutMemoryAndStaysUsable) {
  {
    fake::MemoryShortage shortage;
    EXPECT_EQ(table.install(make(), false).error(), Errno(ENOMEM));
    Ref<File> none;
    EXPECT_EQ(table.replace(3, make(), false, none).error(), Errno(ENOMEM));
    int out[2] = {-1, -1};
    EXPECT_EQ(table.install_pair(make(), make(), false, out).error(), Errno(ENOMEM));
  }
  EXPECT_EQ(Probe::alive, 0);
  EXPECT_EQ(install(), 0);
  for (int fd = 1; fd < 64; ++fd) install();
  fake::MemoryShortage shortage;
  EXPECT_EQ(table.install(make(), false).error(), Errno(ENOMEM));
  EXPECT_TRUE(table.get(63).ok());
}

TEST_F(FdTableTest, InstallsBothOfAPairOrNone) {
  table.set_limit(3);
  install();
  int out[2] = {-1, -1};
  ASSERT_TRUE(table.install_pair(make(), make(), true, out).ok());
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[1], 2);
  EXPECT_TRUE(table.close_on_exec(2).value_or(false));
  ASSERT_TRUE(table.remove(2).ok());
  EXPECT_EQ(table.install_pair(make(), make(), true, out).error(), Errno(EMFILE));
  EXPECT_EQ(table.next(2), -1);
  EXPECT_EQ(Probe::alive, 2);
}

TEST_F(FdTableTest, PairUsesHoles) {
  for (int fd = 0; fd < 6; ++fd) install();
  ASSERT_TRUE(table.remove(1).ok());
  ASSERT_TRUE(table.remove(4).ok());
  int out[2];
  ASSERT_TRUE(table.install_pair(make(), make(), false, out).ok());
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[1], 4);
}

TEST_F(FdTableTest, ReplaceHandsBackWhatStoodThere) {
  install();
  auto* old = static_cast<Probe*>(table.get(0).value().get());
  Ref<File> file = make();
  File* expected = file.get();
  Ref<File> replaced;
  ASSERT_TRUE(table.replace(0, std::move(file), true, replaced).ok());
  EXPECT_EQ(replaced.get(), old);
  EXPECT_EQ(old->closed, 1);
  EXPECT_EQ(table.get(0).value().get(), expected);
  EXPECT_TRUE(table.close_on_exec(0).value_or(false));
  EXPECT_EQ(install(), 1);
  Ref<File> none;
  ASSERT_TRUE(table.replace(500, make(), false, none).ok());
  EXPECT_FALSE(none);
  EXPECT_EQ(install(), 2);
}

TEST_F(FdTableTest, AFileLivesAsLongAsSomebodyUsesIt) {
  install();
  Ref<File> in_use = table.get(0).take();
  ASSERT_TRUE(table.remove(0).ok());
  EXPECT_EQ(Probe::alive, 1);
  EXPECT_EQ(static_cast<Probe*>(in_use.get())->closed, 1);
  in_use = nullptr;
  EXPECT_EQ(Probe::alive, 0);
}

TEST_F(FdTableTest, WalksOverWhatIsOpen) {
  for (int fd : {3, 70, 71, 300}) EXPECT_EQ(install(fd), fd);
  std::vector<int> seen;
  for (int fd = table.next(0); fd >= 0; fd = table.next(fd + 1)) seen.push_back(fd);
  EXPECT_EQ(seen, (std::vector<int>{3, 70, 71, 300}));
  EXPECT_EQ(table.next(301), -1);
  EXPECT_EQ(table.next(INT32_MAX), -1);
}

}  // namespace
}  // namespace scone::file
