#include "enclave/file/ioctl_table.h"

#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <set>

namespace scone::file {
namespace {

TEST(IoctlTable, HasEachRequestOnce) {
  std::set<uint32_t> seen;
  for (const IoctlRow& row : ioctl_rows()) EXPECT_TRUE(seen.insert(row.request).second) << row.name;
}

TEST(IoctlTable, GivesSizesToPointersOnly) {
  for (const IoctlRow& row : ioctl_rows()) {
    const bool pointer = row.argument == IoctlArgument::kIn || row.argument == IoctlArgument::kOut;
    EXPECT_EQ(row.size > 0, pointer) << row.name;
    EXPECT_LE(row.size, kMaxIoctlSize) << row.name;
  }
}

// Requests of the newer kind carry size and direction in their number (ioctl(2)).
TEST(IoctlTable, AgreesWithEncodedRequests) {
  for (const IoctlRow& row : ioctl_rows()) {
    if (_IOC_SIZE(row.request) == 0 || _IOC_DIR(row.request) == _IOC_NONE) continue;
    EXPECT_EQ(row.size, _IOC_SIZE(row.request)) << row.name;
    EXPECT_EQ(row.argument == IoctlArgument::kIn, _IOC_DIR(row.request) == _IOC_WRITE) << row.name;
  }
}

TEST(IoctlTable, KnowsWhatShellsAsk) {
  for (unsigned long request : {TCGETS, TIOCGWINSZ, TIOCGPGRP, TIOCSPGRP, FIONREAD}) {
    const IoctlRow* row = find_ioctl(static_cast<uint32_t>(request));
    ASSERT_NE(row, nullptr) << request;
    EXPECT_EQ(row->request, request);
  }
  EXPECT_EQ(find_ioctl(TIOCGWINSZ)->size, sizeof(winsize));
}

// Those that act on descriptors or pointers must not pass to the host as they are.
TEST(IoctlTable, RefusesWhatItDoesNotKnow) {
  for (uint32_t request : {0u, 0xdeadu, static_cast<uint32_t>(TIOCLINUX), static_cast<uint32_t>(TIOCGPTPEER),
                           static_cast<uint32_t>(FIONBIO), static_cast<uint32_t>(FIOASYNC), 0xffffffffu})
    EXPECT_EQ(find_ioctl(request), nullptr) << request;
}

}  // namespace
}  // namespace scone::file
