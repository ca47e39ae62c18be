#include "enclave/file/epoll.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "enclave/file/event_fd.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/pipe.h"
#include "enclave/net/fake_scheduler_test.h"
#include "tests/file/fake_host.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

// A file whose events a test sets.
class FakeFile final : public File {
 public:
  FakeFile() : File(O_RDWR | O_NONBLOCK) {}
  uint32_t poll() override {
    ++polls;
    return events;
  }
  sched::WaitQueue* wait_queue() override { return &queue; }
  void become(uint32_t now) {
    events = now;
    queue.notify(now);
  }
  uint32_t events = 0;
  int polls = 0;
  sched::WaitQueue queue;
};

struct RegularFile final : File {
  RegularFile() : File(O_RDONLY) {}
};

class EpollTest : public testing::Test {
 protected:
  EpollTest() : epoll_(Epoll::create().take()) {}

  // Opened under a descriptor number that only the set uses.
  template <typename Kind>
  Kind& open(int fd) {
    auto* file = new Kind;
    file->descriptor_added();
    files_[fd] = Ref<File>::adopt(file);
    return *file;
  }
  void close(int fd) {
    Ref<File> file = files_[fd];
    files_.erase(fd);
    file->descriptor_removed();
  }
  Result<void> add(int fd, uint32_t events, Epoll* epoll = nullptr) {
    return (epoll ? *epoll : *epoll_).add(fd, files_[fd], {events, static_cast<uint64_t>(fd)});
  }
  Result<void> modify(int fd, uint32_t events) {
    return epoll_->modify(fd, *files_[fd], {events, static_cast<uint64_t>(fd)});
  }
  // Descriptor and events of what a wait without timeout reports.
  std::vector<std::pair<uint64_t, uint32_t>> wait(size_t limit = 16) {
    std::vector<epoll_event> events(limit);
    auto count = epoll_->wait(AppPtr<epoll_event>(app(events.data()).address()), limit, 0);
    EXPECT_TRUE(count.ok());
    std::vector<std::pair<uint64_t, uint32_t>> result;
    for (size_t i = 0; i < count.value(); ++i)
      result.emplace_back(uint64_t{events[i].data}, uint32_t{events[i].events});
    return result;
  }
  using Reports = std::vector<std::pair<uint64_t, uint32_t>>;

  std::map<int, Ref<File>> files_;
  Ref<Epoll> epoll_;
};

TEST_F(EpollTest, ReportsWhatIsReadyWhenAdded) {
  open<FakeFile>(3).events = EPOLLIN | EPOLLOUT;
  ASSERT_TRUE(add(3, EPOLLIN).ok());
  EXPECT_EQ(wait(), (Reports{{3, EPOLLIN}}));
}

TEST_F(EpollTest, LevelTriggeredReportsUntilItIsOver) {
  auto& file = open<FakeFile>(3);
  ASSERT_TRUE(add(3, EPOLLIN).ok());
  EXPECT_TRUE(wait().empty());
  file.become(EPOLLIN);
  EXPECT_EQ(wait().size(), 1u);
  EXPECT_EQ(wait().size(), 1u);
  file.events = 0;
  EXPECT_TRUE(wait().empty());
}

TEST_F(EpollTest, EdgeTriggeredReportsEachEdgeOnce) {
  auto& file = open<FakeFile>(3);
  ASSERT_TRUE(add(3, EPOLLIN | EPOLLET).ok());
  file.become(EPOLLIN);
  file.become(EPOLLIN);
  EXPECT_EQ(wait().size(), 1u);
  EXPECT_TRUE(wait().empty());
  file.become(EPOLLIN);
  EXPECT_EQ(wait().size(), 1u);
}

TEST_F(EpollTest, OneShotNeedsToBeArmedAgain) {
  auto& file = open<FakeFile>(3);
  ASSERT_TRUE(add(3, EPOLLIN | EPOLLONESHOT).ok());
  file.become(EPOLLIN | EPOLLHUP);
  EXPECT_EQ(wait(), (Reports{{3, EPOLLIN | EPOLLHUP}}));
  file.become(EPOLLIN | EPOLLHUP);
  EXPECT_TRUE(wait().empty());
  ASSERT_TRUE(modify(3, EPOLLIN | EPOLLONESHOT).ok());
  EXPECT_EQ(wait().size(), 1u);
}

TEST_F(EpollTest, HangUpAndErrorAreReportedUnasked) {
  auto& file = open<FakeFile>(3);
  ASSERT_TRUE(add(3, 0).ok());
  file.become(EPOLLIN | EPOLLHUP | EPOLLERR);
  EXPECT_EQ(wait(), (Reports{{3, EPOLLHUP | EPOLLERR}}));
}

TEST_F(EpollTest, WhatNobodyAskedForCostsNothing) {
  auto& file = open<FakeFile>(3);
  ASSERT_TRUE(add(3, EPOLLIN).ok());
  wait();
  file.polls = 0;
  file.become(EPOLLOUT);
  wait();
  EXPECT_EQ(file.polls, 0);
}

TEST_F(EpollTest, OnlyReadyFilesAreLookedAt) {
  std::vector<FakeFile*> files;
  for (int fd = 0; fd < 10000; ++fd) {
    files.push_back(&open<FakeFile>(fd));
    ASSERT_TRUE(add(fd, EPOLLIN).ok());
  }
  wait(10000);
  for (FakeFile* file : files) file->polls = 0;
  files[77]->become(EPOLLIN);
  EXPECT_EQ(wait(), (Reports{{77, EPOLLIN}}));
  int polls = 0;
  for (FakeFile* file : files) polls += file->polls;
  EXPECT_EQ(polls, 1);
}

TEST_F(EpollTest, EveryoneGetsATurn) {
  for (int fd = 0; fd < 10; ++fd) {
    open<FakeFile>(fd).events = EPOLLIN;
    ASSERT_TRUE(add(fd, EPOLLIN).ok());
  }
  std::map<uint64_t, int> reports;
  for (int round = 0; round < 10; ++round)
    for (auto& [fd, events] : wait(3)) ++reports[fd];
  ASSERT_EQ(reports.size(), 10u);
  for (auto& [fd, count] : reports) EXPECT_EQ(count, 3) << fd;
}

TEST_F(EpollTest, ErrorsOfControl) {
  open<FakeFile>(3);
  open<RegularFile>(4);
  EXPECT_EQ(add(4, EPOLLIN).error(), Errno(EPERM));
  EXPECT_EQ(modify(3, EPOLLIN).error(), Errno(ENOENT));
  EXPECT_EQ(epoll_->remove(3, *files_[3]).error(), Errno(ENOENT));
  ASSERT_TRUE(add(3, EPOLLIN).ok());
  EXPECT_EQ(add(3, EPOLLIN).error(), Errno(EEXIST));
  EXPECT_EQ(epoll_->add(9, Ref<File>::share(epoll_.get()), {}).error(), Errno(EINVAL));
  EXPECT_EQ(modify(3, EPOLLIN | EPOLLEXCLUSIVE).error(), Errno(EINVAL));
  ASSERT_TRUE(epoll_->remove(3, *files_[3]).ok());
  EXPECT_EQ(add(3, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT).error(), Errno(EINVAL));
  EXPECT_TRUE(add(3, EPOLLIN | EPOLLEXCLUSIVE).ok());
}

TEST_F(EpollTest, AFileVanishesWithItsLastDescriptor) {
  auto& file = open<FakeFile>(3);
  file.descriptor_added();  // a duplicate
  ASSERT_TRUE(add(3, EPOLLIN).ok());
  file.become(EPOLLIN);
  file.descriptor_removed();
  EXPECT_EQ(wait().size(), 1u) << "the description is still open";
  close(3);
  EXPECT_TRUE(wait().empty());
  open<FakeFile>(3).events = EPOLLIN;
  EXPECT_TRUE(add(3, EPOLLIN).ok()) << "the number is free in the set";
  EXPECT_EQ(wait().size(), 1u);
}

TEST_F(EpollTest, AFileClosedWhileItIsAddedIsRefused) {
  open<FakeFile>(3);
  files_[3]->descriptor_removed();
  EXPECT_EQ(add(3, EPOLLIN).error(), Errno(EBADF));
}

TEST_F(EpollTest, ASetGoesBeforeItsFiles) {
  auto& file = open<FakeFile>(3);
  ASSERT_TRUE(add(3, EPOLLIN).ok());
  epoll_ = nullptr;
  file.become(EPOLLIN);
  close(3);
}

TEST_F(EpollTest, ASetWithinASet) {
  Ref<Epoll> inner = Epoll::create().take();
  inner->descriptor_added();
  files_[5] = Ref<File>::share(inner.get());
  auto& file = open<FakeFile>(3);
  ASSERT_TRUE(add(3, EPOLLIN, inner.get()).ok());
  ASSERT_TRUE(add(5, EPOLLIN).ok());
  EXPECT_TRUE(wait().empty());
  file.become(EPOLLIN);
  fake::run_timers();
  EXPECT_EQ(wait(), (Reports{{5, EPOLLIN}}));
  file.events = 0;
  EXPECT_TRUE(wait().empty());
}

TEST_F(EpollTest, NoLoopsAndNoTowers) {
  std::vector<Ref<Epoll>> sets;
  for (int i = 0; i < 7; ++i) {
    sets.push_back(Epoll::create().take());
    sets.back()->descriptor_added();
  }
  auto nest = [&](size_t outer, size_t inner) {
    return sets[outer]->add(static_cast<int>(inner), Ref<File>::share(sets[inner].get()), {EPOLLIN, 0});
  };
  ASSERT_TRUE(nest(0, 1).ok());
  ASSERT_TRUE(nest(1, 2).ok());
  EXPECT_EQ(nest(2, 0).error(), Errno(ELOOP));
  EXPECT_EQ(nest(1, 0).error(), Errno(ELOOP));
  ASSERT_TRUE(nest(2, 3).ok());
  ASSERT_TRUE(nest(3, 4).ok());
  EXPECT_EQ(nest(4, 5).error(), Errno(ELOOP)) << "too high";
}

TEST_F(EpollTest, AFaultLosesNothing) {
  open<FakeFile>(3).events = EPOLLIN;
  ASSERT_TRUE(add(3, EPOLLIN | EPOLLET).ok());
  EXPECT_EQ(epoll_->wait(AppPtr<epoll_event>(8), 4, 0).error(), Errno(EFAULT));
  EXPECT_EQ(wait().size(), 1u);
}

TEST_F(EpollTest, ShortageOfMemoryIsAnError) {
  open<FakeFile>(3);
  for (int successes = 0; successes < 2; ++successes) {
    fake::MemoryShortage shortage(successes);
    EXPECT_EQ(add(3, EPOLLIN).error(), Errno(ENOMEM));
  }
  EXPECT_TRUE(add(3, EPOLLIN).ok());
}

TEST_F(EpollTest, WatchesAnEventFd) {
  auto event = EventFd::create(0, false, O_NONBLOCK).take();
  event->descriptor_added();
  files_[3] = event;
  ASSERT_TRUE(add(3, EPOLLIN | EPOLLET).ok());
  EXPECT_TRUE(wait().empty());
  uint64_t value = 1;
  for (int i = 0; i < 2; ++i) {
    IoVector from = IoVector::of_runtime(&value, sizeof value);
    ASSERT_TRUE(event->write(from, {}).ok());
    EXPECT_EQ(wait().size(), 1u);
  }
}

TEST_F(EpollTest, WatchesAPipe) {
  Ref<File> reader, writer;
  ASSERT_TRUE(create_pipe(O_NONBLOCK, reader, writer).ok());
  reader->descriptor_added();
  writer->descriptor_added();
  files_[3] = reader;
  files_[4] = writer;
  ASSERT_TRUE(add(3, EPOLLIN).ok());
  ASSERT_TRUE(add(4, EPOLLOUT).ok());
  EXPECT_EQ(wait(), (Reports{{4, EPOLLOUT}}));
  writer->descriptor_removed();
  files_.erase(4);
  writer = nullptr;
  EXPECT_EQ(wait(), (Reports{{3, EPOLLHUP}}));
}

}  // namespace
}  // namespace scone::file
