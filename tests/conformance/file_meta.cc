// Names and attributes: stat, links, rename, modes, times.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "check.h"
#include "support.h"

using support::get_file;
using support::put_file;
using support::TemporaryDir;

CASE(stat_variants_agree) {
  TemporaryDir dir;
  std::string path = dir / "file";
  put_file(path, "12345");
  struct stat by_path, by_fd, by_at, by_link;
  CHECK_EQ(stat(path.c_str(), &by_path), 0);
  int fd = open(path.c_str(), O_RDONLY);
  CHECK_EQ(fstat(fd, &by_fd), 0);
  CHECK_EQ(fstatat(AT_FDCWD, path.c_str(), &by_at, 0), 0);
  CHECK_EQ(lstat(path.c_str(), &by_link), 0);
  CHECK_EQ(memcmp(&by_path, &by_fd, sizeof by_fd), 0);
  CHECK_EQ(memcmp(&by_path, &by_at, sizeof by_fd), 0);
  CHECK_EQ(memcmp(&by_path, &by_link, sizeof by_fd), 0);
  CHECK(S_ISREG(by_path.st_mode));
  CHECK_EQ(by_path.st_size, 5);
  CHECK_EQ(by_path.st_nlink, 1);
  CHECK_EQ(by_path.st_uid, getuid());
  struct stat empty_path;
  CHECK_EQ(fstatat(fd, "", &empty_path, AT_EMPTY_PATH), 0);
  CHECK_EQ(empty_path.st_ino, by_fd.st_ino);
  close(fd);
}

CASE(statx_fields) {
  TemporaryDir dir;
  put_file(dir / "file", "1234567");
  struct statx status;
  struct stat plain;
  CHECK_EQ(statx(AT_FDCWD, (dir / "file").c_str(), 0, STATX_BASIC_STATS, &status), 0);
  CHECK_EQ(stat((dir / "file").c_str(), &plain), 0);
  CHECK_EQ(status.stx_size, 7);
  CHECK_EQ(status.stx_ino, plain.st_ino);
  CHECK_EQ(status.stx_mode, plain.st_mode);
  CHECK_EQ(makedev(status.stx_dev_major, status.stx_dev_minor), plain.st_dev);
  CHECK_ERRNO(statx(AT_FDCWD, (dir / "none").c_str(), 0, STATX_BASIC_STATS, &status), ENOENT);
}

CASE(stat_errors) {
  struct stat status;
  CHECK_ERRNO(stat("/no/such/file", &status), ENOENT);
  CHECK_ERRNO(stat("", &status), ENOENT);
  CHECK_ERRNO(stat("/etc/passwd/below", &status), ENOTDIR);
  CHECK_ERRNO(fstat(1000, &status), EBADF);
  CHECK_ERRNO(stat("/", reinterpret_cast<struct stat*>(8)), EFAULT);
}

CASE(descriptors_say_what_they_are) {
  struct stat status;
  int pipes[2];
  CHECK_EQ(pipe(pipes), 0);
  CHECK_EQ(fstat(pipes[0], &status), 0);
  CHECK(S_ISFIFO(status.st_mode));
  close(pipes[0]);
  close(pipes[1]);
  int null = open("/dev/null", O_RDONLY);
  CHECK_EQ(fstat(null, &status), 0);
  CHECK(S_ISCHR(status.st_mode));
  CHECK_EQ(status.st_rdev, makedev(1, 3));
  CHECK_EQ(isatty(null), 0);
  close(null);
}

CASE(hard_links) {
  TemporaryDir dir;
  put_file(dir / "one", "x");
  CHECK_EQ(link((dir / "one").c_str(), (dir / "two").c_str()), 0);
  struct stat one, two;
  stat((dir / "one").c_str(), &one);
  stat((dir / "two").c_str(), &two);
  CHECK_EQ(one.st_ino, two.st_ino);
  CHECK_EQ(one.st_nlink, 2);
  CHECK_ERRNO(link((dir / "one").c_str(), (dir / "two").c_str()), EEXIST);
  CHECK_EQ(unlink((dir / "one").c_str()), 0);
  CHECK(get_file(dir / "two") == "x");
  CHECK_ERRNO(unlink((dir / "one").c_str()), ENOENT);
}

CASE(symbolic_links) {
  TemporaryDir dir;
  put_file(dir / "target", "content");
  CHECK_EQ(symlink("target", (dir / "link").c_str()), 0);
  CHECK(get_file(dir / "link") == "content");
  char text[64] = "";
  CHECK_EQ(readlink((dir / "link").c_str(), text, sizeof text), 6);
  CHECK_EQ(memcmp(text, "target", 6), 0);
  CHECK_EQ(readlink((dir / "link").c_str(), text, 3), 3);
  CHECK_ERRNO(readlink((dir / "target").c_str(), text, sizeof text), EINVAL);
  CHECK_ERRNO(readlink((dir / "link").c_str(), text, 0), EINVAL);
  struct stat status;
  CHECK_EQ(lstat((dir / "link").c_str(), &status), 0);
  CHECK(S_ISLNK(status.st_mode));
  CHECK_EQ(status.st_size, 6);
  CHECK_EQ(symlink("nowhere", (dir / "dangling").c_str()), 0);
  CHECK_ERRNO(stat((dir / "dangling").c_str(), &status), ENOENT);
}

CASE(renames) {
  TemporaryDir dir;
  put_file(dir / "one", "1");
  put_file(dir / "two", "2");
  CHECK_EQ(rename((dir / "one").c_str(), (dir / "two").c_str()), 0);
  CHECK(get_file(dir / "two") == "1");
  CHECK_ERRNO(rename((dir / "one").c_str(), (dir / "two").c_str()), ENOENT);
  put_file(dir / "one", "3");
  CHECK_ERRNO(renameat2(AT_FDCWD, (dir / "one").c_str(), AT_FDCWD, (dir / "two").c_str(), RENAME_NOREPLACE), EEXIST);
  CHECK_EQ(renameat2(AT_FDCWD, (dir / "one").c_str(), AT_FDCWD, (dir / "two").c_str(), RENAME_EXCHANGE), 0);
  CHECK(get_file(dir / "one") == "1");
  CHECK(get_file(dir / "two") == "3");
  mkdir((dir / "sub").c_str(), 0700);
  CHECK_ERRNO(rename((dir / "one").c_str(), (dir / "sub").c_str()), EISDIR);
  CHECK_ERRNO(rename((dir / "sub").c_str(), (dir / "one").c_str()), ENOTDIR);
  CHECK_EQ(rename((dir / "one").c_str(), (dir / "sub/inside").c_str()), 0);
}

CASE(modes_and_umask) {
  TemporaryDir dir;
  mode_t before = umask(027);
  int fd = open((dir / "file").c_str(), O_WRONLY | O_CREAT, 0777);
  struct stat status;
  CHECK_EQ(fstat(fd, &status), 0);
  CHECK_EQ(status.st_mode & 07777, 0750);
  CHECK_EQ(umask(before), 027);
  CHECK_EQ(fchmod(fd, 0604), 0);
  CHECK_EQ(fstat(fd, &status), 0);
  CHECK_EQ(status.st_mode & 07777, 0604);
  CHECK_EQ(chmod((dir / "file").c_str(), 0400), 0);
  CHECK_EQ(fchmodat(AT_FDCWD, (dir / "file").c_str(), 0600, 0), 0);
  CHECK_EQ(stat((dir / "file").c_str(), &status), 0);
  CHECK_EQ(status.st_mode & 07777, 0600);
  CHECK_ERRNO(chmod((dir / "none").c_str(), 0600), ENOENT);
  CHECK_EQ(fchown(fd, getuid(), getgid()), 0);
  CHECK_EQ(chown((dir / "file").c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(-1)), 0);
  close(fd);
}

CASE(access_answers) {
  TemporaryDir dir;
  put_file(dir / "file", "");
  CHECK_EQ(access((dir / "file").c_str(), F_OK), 0);
  CHECK_EQ(access((dir / "file").c_str(), R_OK | W_OK), 0);
  CHECK_ERRNO(access((dir / "file").c_str(), X_OK), EACCES);
  CHECK_ERRNO(access((dir / "none").c_str(), F_OK), ENOENT);
  CHECK_EQ(faccessat(AT_FDCWD, "/usr/bin/env", X_OK, 0), 0);
}

CASE(times_can_be_set) {
  TemporaryDir dir;
  put_file(dir / "file", "");
  timespec times[2] = {{1000000000, 123456789}, {1100000000, 987654321}};
  CHECK_EQ(utimensat(AT_FDCWD, (dir / "file").c_str(), times, 0), 0);
  struct stat status;
  stat((dir / "file").c_str(), &status);
  CHECK_EQ(status.st_atim.tv_sec, 1000000000);
  CHECK_EQ(status.st_mtim.tv_sec, 1100000000);
  CHECK_EQ(status.st_mtim.tv_nsec, 987654321);
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_nsec = UTIME_NOW;
  int fd = open((dir / "file").c_str(), O_RDWR);
  CHECK_EQ(futimens(fd, times), 0);
  fstat(fd, &status);
  CHECK_EQ(status.st_atim.tv_sec, 1000000000);
  CHECK(status.st_mtim.tv_sec >= time(nullptr) - 5);
  close(fd);
}

CASE(file_systems_describe_themselves) {
  struct statfs status;
  CHECK_EQ(statfs("/", &status), 0);
  CHECK(status.f_bsize > 0);
  CHECK(status.f_blocks > 0);
  CHECK_ERRNO(statfs("/no/such", &status), ENOENT);
  int fd = open("/", O_RDONLY);
  struct statvfs answer;
  CHECK_EQ(fstatvfs(fd, &answer), 0);
  close(fd);
}

CASE(special_files) {
  TemporaryDir dir;
  CHECK_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  struct stat status;
  stat((dir / "fifo").c_str(), &status);
  CHECK(S_ISFIFO(status.st_mode));
  CHECK_ERRNO(mkfifo((dir / "fifo").c_str(), 0600), EEXIST);
}
