// How descriptors are closed, by an engine that posts calls and by one that does not, with and without memory.
#include "enclave/boundary/host_fd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/errno.h>
#include <sys/syscall.h>

#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"

namespace {

bool g_memory = true, g_batching = true, g_may_leave = true;
std::vector<uint64_t> g_closed_now;
std::vector<scone::boundary::PostedCall*> g_posted;

}  // namespace

void* operator new(size_t size, const std::nothrow_t&) noexcept { return g_memory ? malloc(size) : nullptr; }
void operator delete(void* object) noexcept { free(object); }
void operator delete(void* object, size_t) noexcept { free(object); }
void* operator new(size_t size) {
  if (void* object = malloc(size)) return object;
  throw std::bad_alloc();
}

namespace scone::boundary {

bool batching() { return g_batching; }
void post(PostedCall& call) { g_posted.push_back(&call); }
void host_violation(const char* what) { throw std::string(what); }
Result<uint64_t> host_call(uint64_t number, uint64_t fd, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) {
  EXPECT_EQ(number, uint64_t{SYS_close});
  EXPECT_TRUE(g_may_leave);
  g_closed_now.push_back(fd);
  return uint64_t{0};
}

// The friend of PostedCall.
class Round {
 public:
  static std::vector<uint64_t> cross() {
    std::vector<uint64_t> closed;
    for (PostedCall* call : std::exchange(g_posted, {})) {
      EXPECT_EQ(call->call_.number, uint64_t{SYS_close});
      closed.push_back(call->call_.arguments[0]);
      call->complete(0);
    }
    return closed;
  }
};

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct HostFdTest : testing::Test {
  HostFdTest() {
    g_memory = g_batching = g_may_leave = true;
    g_closed_now.clear();
  }
  ~HostFdTest() override { EXPECT_THAT(g_posted, IsEmpty()); }
};

TEST_F(HostFdTest, ClosingNeedsNoMemoryAndDoesNotLeave) {
  std::optional<HostFd> fd = HostFd::adopt(7).take();
  g_memory = g_may_leave = false;
  fd.reset();
  EXPECT_THAT(Round::cross(), ElementsAre(7));
  g_memory = true;
  fd = HostFd::adopt(7).take();  // the number is free again
  fd.reset();
  EXPECT_THAT(Round::cross(), ElementsAre(7));
}

TEST_F(HostFdTest, WhatIsMovedIsClosedOnce) {
  {
    HostFd first = HostFd::adopt(8).take();
    HostFd second = std::move(first);
    HostFd third = HostFd::adopt(9).take();
    g_memory = g_may_leave = false;
    third = std::move(second);
  }
  EXPECT_THAT(Round::cross(), testing::UnorderedElementsAre(8, 9));
}

TEST_F(HostFdTest, ADescriptorWithoutMemoryIsClosedByItsCaller) {
  g_memory = false;
  EXPECT_EQ(HostFd::adopt(10).error(), Errno(ENOMEM));
  EXPECT_THAT(g_closed_now, ElementsAre(10));
  g_memory = true;
  HostFd again = HostFd::adopt(10).take();
  EXPECT_EQ(again.number(), 10);
  { HostFd gone = std::move(again); }
  EXPECT_THAT(Round::cross(), ElementsAre(10));
}

TEST_F(HostFdTest, WithoutPostedCallsClosingIsACall) {
  g_batching = g_memory = false;
  { HostFd fd = HostFd::adopt(11).take(); }
  EXPECT_THAT(g_closed_now, ElementsAre(11));
}

TEST_F(HostFdTest, WhatIsNotOursIsNotClosed) {
  HostFd::reserve(12);
  { HostFd inherited = HostFd::inherited(1); }
  EXPECT_THAT(Round::cross(), IsEmpty());
  EXPECT_THAT(g_closed_now, IsEmpty());
  for (uint64_t number :
       {uint64_t{12}, uint64_t{1}, uint64_t{1} << 40})  // where the enclave would be stopped
    EXPECT_THROW((void)HostFd::adopt(number), std::string);
}

}  // namespace
}  // namespace scone::boundary
