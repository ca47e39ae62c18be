// Directories: making, listing, walking, relative paths.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <set>

#include "check.h"
#include "support.h"

using support::get_file;
using support::put_file;
using support::TemporaryDir;

CASE(make_and_remove) {
  TemporaryDir dir;
  CHECK_EQ(mkdir((dir / "sub").c_str(), 0750), 0);
  CHECK_ERRNO(mkdir((dir / "sub").c_str(), 0750), EEXIST);
  CHECK_ERRNO(mkdir((dir / "no/such").c_str(), 0750), ENOENT);
  struct stat status;
  CHECK_EQ(stat((dir / "sub").c_str(), &status), 0);
  CHECK(S_ISDIR(status.st_mode));
  put_file(dir / "sub/file", "x");
  CHECK_ERRNO(rmdir((dir / "sub").c_str()), ENOTEMPTY);
  CHECK_ERRNO(unlink((dir / "sub").c_str()), EISDIR);
  CHECK_EQ(unlink((dir / "sub/file").c_str()), 0);
  CHECK_EQ(rmdir((dir / "sub").c_str()), 0);
  CHECK_ERRNO(rmdir((dir / "sub").c_str()), ENOENT);
  put_file(dir / "file", "x");
  CHECK_ERRNO(rmdir((dir / "file").c_str()), ENOTDIR);
}

CASE(listing_shows_each_entry_once) {
  TemporaryDir dir;
  std::set<std::string> expected = {".", ".."};
  for (int i = 0; i < 500; i++) {
    std::string name = "entry-with-a-rather-long-name-" + std::to_string(i);
    put_file(dir.path() + "/" + name, "");
    expected.insert(name);
  }
  DIR* stream = opendir(dir.path().c_str());
  CHECK(stream);
  std::multiset<std::string> seen;
  while (dirent* entry = readdir(stream)) seen.insert(entry->d_name);
  CHECK(std::set<std::string>(seen.begin(), seen.end()) == expected);
  CHECK_EQ(seen.size(), expected.size());
  rewinddir(stream);
  size_t again = 0;
  while (readdir(stream)) again++;
  CHECK_EQ(again, expected.size());
  closedir(stream);
}

CASE(positions_in_a_listing) {
  TemporaryDir dir;
  for (const char* name : {"a", "b", "c", "d"}) put_file(dir / name, "");
  DIR* stream = opendir(dir.path().c_str());
  readdir(stream);
  readdir(stream);
  long position = telldir(stream);
  std::string third = readdir(stream)->d_name;
  readdir(stream);
  seekdir(stream, position);
  CHECK(third == readdir(stream)->d_name);
  closedir(stream);
}

CASE(types_of_entries) {
  TemporaryDir dir;
  put_file(dir / "file", "");
  mkdir((dir / "sub").c_str(), 0700);
  symlink("file", (dir / "link").c_str());
  DIR* stream = opendir(dir.path().c_str());
  while (dirent* entry = readdir(stream)) {
    std::string name = entry->d_name;
    if (name == "file") CHECK_EQ(entry->d_type, DT_REG);
    if (name == "sub") CHECK_EQ(entry->d_type, DT_DIR);
    if (name == "link") CHECK_EQ(entry->d_type, DT_LNK);
  }
  closedir(stream);
}

CASE(raw_getdents_errors) {
  TemporaryDir dir;
  int fd = open(dir.path().c_str(), O_RDONLY | O_DIRECTORY);
  char buffer[1024];
  CHECK_ERRNO(syscall(SYS_getdents64, fd, buffer, 4), EINVAL);
  CHECK_ERRNO(syscall(SYS_getdents64, fd, reinterpret_cast<char*>(8), sizeof buffer), EFAULT);
  CHECK(syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0);
  CHECK_EQ(syscall(SYS_getdents64, fd, buffer, sizeof buffer), 0);
  close(fd);
  put_file(dir / "file", "");
  fd = open((dir / "file").c_str(), O_RDONLY);
  CHECK_ERRNO(syscall(SYS_getdents64, fd, buffer, sizeof buffer), ENOTDIR);
  close(fd);
}

CASE(current_directory) {
  TemporaryDir dir;
  char before[4096], now[4096];
  CHECK(getcwd(before, sizeof before));
  mkdir((dir / "sub").c_str(), 0700);
  CHECK_EQ(chdir(dir.path().c_str()), 0);
  CHECK(getcwd(now, sizeof now));
  CHECK(dir.path() == now);
  put_file("relative", "here");
  CHECK(get_file(dir / "relative") == "here");
  CHECK_EQ(chdir("sub"), 0);
  CHECK(get_file("../relative") == "here");
  CHECK_ERRNO(chdir("missing"), ENOENT);
  CHECK_ERRNO(chdir("../relative"), ENOTDIR);
  CHECK_ERRNO(getcwd(now, 2) ? 0 : -1, ERANGE);
  int fd = open("..", O_RDONLY | O_DIRECTORY);
  CHECK_EQ(fchdir(fd), 0);
  CHECK(getcwd(now, sizeof now));
  CHECK(dir.path() == now);
  close(fd);
  CHECK_EQ(chdir(before), 0);
}

CASE(paths_relative_to_a_descriptor) {
  TemporaryDir dir;
  int at = open(dir.path().c_str(), O_RDONLY | O_DIRECTORY);
  int fd = openat(at, "file", O_WRONLY | O_CREAT, 0600);
  CHECK(fd >= 0);
  close(fd);
  CHECK_EQ(mkdirat(at, "sub", 0700), 0);
  CHECK_EQ(symlinkat("file", at, "link"), 0);
  char text[16];
  CHECK_EQ(readlinkat(at, "link", text, sizeof text), 4);
  CHECK_EQ(renameat(at, "file", at, "renamed"), 0);
  CHECK_EQ(faccessat(at, "renamed", F_OK, 0), 0);
  struct stat status;
  CHECK_EQ(fstatat(at, "link", &status, AT_SYMLINK_NOFOLLOW), 0);
  CHECK(S_ISLNK(status.st_mode));
  CHECK_EQ(unlinkat(at, "sub", AT_REMOVEDIR), 0);
  CHECK_ERRNO(openat(1000, "renamed", O_RDONLY), EBADF);
  CHECK(openat(1000, "/dev/null", O_RDONLY) >= 0);
  int file = openat(at, "renamed", O_RDONLY);
  CHECK_ERRNO(openat(file, "x", O_RDONLY), ENOTDIR);
  close(file);
  close(at);
}

CASE(hard_links_relative_to_a_descriptor) {
  TemporaryDir dir;
  int at = open(dir.path().c_str(), O_RDONLY | O_DIRECTORY);
  put_file(dir / "file", "x");
  CHECK_EQ(mkdirat(at, "sub", 0700), 0);
  CHECK_EQ(linkat(at, "file", at, "sub/hard", 0), 0);
  CHECK_EQ(unlinkat(at, "sub/hard", 0), 0);
  CHECK_EQ(unlinkat(at, "sub", AT_REMOVEDIR), 0);
  close(at);
}

CASE(path_only_descriptors) {
  TemporaryDir dir;
  put_file(dir / "file", "x");
  int fd = open((dir / "file").c_str(), O_PATH);
  CHECK(fd >= 0);
  char byte;
  CHECK_ERRNO(read(fd, &byte, 1), EBADF);
  struct stat status;
  CHECK_EQ(fstat(fd, &status), 0);
  CHECK_EQ(status.st_size, 1);
  close(fd);
}
