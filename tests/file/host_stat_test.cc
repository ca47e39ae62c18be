#include "enclave/file/host_stat.h"

#include <gtest/gtest.h>
#include <linux/fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/file/fake_host.h"

namespace scone::file {
namespace {

TEST(HostStat, BecomesTheStatxThatTheKernelGives) {
  for (const char* path : {"/", "/dev/null", "/dev/zero", "/etc/passwd", "/proc/self/stat"}) {
    struct stat known;
    struct statx expected {
    }, made{};
    ASSERT_EQ(stat(path, &known), 0);
    ASSERT_EQ(statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &expected), 0);
    to_statx(known, made);
    EXPECT_EQ(made.stx_mode, expected.stx_mode) << path;
    EXPECT_EQ(made.stx_size, expected.stx_size) << path;
    EXPECT_EQ(made.stx_blocks, expected.stx_blocks) << path;
    EXPECT_EQ(made.stx_ino, expected.stx_ino) << path;
    EXPECT_EQ(made.stx_nlink, expected.stx_nlink) << path;
    EXPECT_EQ(made.stx_dev_major, expected.stx_dev_major) << path;
    EXPECT_EQ(made.stx_dev_minor, expected.stx_dev_minor) << path;
    EXPECT_EQ(made.stx_rdev_major, expected.stx_rdev_major) << path;
    EXPECT_EQ(made.stx_rdev_minor, expected.stx_rdev_minor) << path;
    EXPECT_EQ(made.stx_mtime.tv_sec, expected.stx_mtime.tv_sec) << path;
    EXPECT_EQ(made.stx_mtime.tv_nsec, expected.stx_mtime.tv_nsec) << path;
  }
}

TEST(HostStat, WhatKernelsReportIsPlausible) {
  for (const char* path :
       {"/", "/dev/null", "/dev/tty", "/etc/passwd", "/proc/self/maps", "/sys", "/proc/self/ns/pid"}) {
    struct stat known;
    if (stat(path, &known) == 0) {
      EXPECT_TRUE(plausible(known)) << path;
    }
    struct statx extended;
    if (statx(AT_FDCWD, path, 0, STATX_ALL, &extended) == 0) {
      EXPECT_TRUE(plausible(extended)) << path;
    }
  }
}

TEST(HostStatAttack, ImpossibleAttributes) {
  struct stat good;
  ASSERT_EQ(stat("/", &good), 0);
  auto with = [&](auto change) {
    struct stat bad = good;
    change(bad);
    return plausible(bad);
  };
  EXPECT_TRUE(with([](struct stat&) {}));
  EXPECT_FALSE(with([](struct stat& value) { value.st_size = -1; }));
  EXPECT_FALSE(with([](struct stat& value) { value.st_blocks = INT64_MIN; }));
  EXPECT_FALSE(with([](struct stat& value) { value.st_blksize = 0; }));
  EXPECT_FALSE(with([](struct stat& value) { value.st_blksize = -4096; }));
  EXPECT_FALSE(with([](struct stat& value) { value.st_mode |= 1u << 20; }));
}

}  // namespace
}  // namespace scone::file
