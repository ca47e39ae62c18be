#include "tests/file/native.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace scone::native {

int open(const std::string& path, int flags, unsigned mode) {
  const int fd = ::open(path.c_str(), flags, mode);
  EXPECT_GE(fd, 0) << path;
  return fd;
}

int flags_of(int fd) { return fcntl(fd, F_GETFL); }

void set_flags(int fd, int flags) { EXPECT_EQ(fcntl(fd, F_SETFL, flags), 0); }

}  // namespace scone::native
