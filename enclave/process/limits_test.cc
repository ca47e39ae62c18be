#include "enclave/process/limits.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace scone::process {
namespace {

int check(unsigned resource, Limit old, Limit wanted, bool privileged) {
  auto result = check_limit(resource, old, wanted, privileged);
  return result.ok() ? 0 : result.error().code();
}

TEST(CheckLimit, TheHardLimitRisesForThePrivilegedOnly) {
  EXPECT_EQ(check(RLIMIT_CORE, {0, 100}, {100, 100}, false), 0);
  EXPECT_EQ(check(RLIMIT_CORE, {0, 100}, {0, 50}, false), 0);
  EXPECT_EQ(check(RLIMIT_CORE, {0, 100}, {0, 101}, false), EPERM);
  EXPECT_EQ(check(RLIMIT_CORE, {0, 100}, {0, UINT64_MAX}, true), 0);
}

TEST(CheckLimit, RefusesWhatMakesNoSense) {
  EXPECT_EQ(check(RLIMIT_CORE, {0, 100}, {60, 50}, true), EINVAL);
  EXPECT_EQ(check(RLIM_NLIMITS, {0, 100}, {0, 50}, true), EINVAL);
}

TEST(CheckLimit, DescriptorsHaveAnUpperBoundForEverybody) {
  EXPECT_EQ(check(RLIMIT_NOFILE, {1024, kMostDescriptors}, {1024, kMostDescriptors}, false), 0);
  EXPECT_EQ(check(RLIMIT_NOFILE, {1024, kMostDescriptors}, {1024, kMostDescriptors + 1}, true), EPERM);
}

}  // namespace
}  // namespace scone::process
