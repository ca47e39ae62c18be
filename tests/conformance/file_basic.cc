// open, read, write, seek and their errors.
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "support.h"

using support::get_file;
using support::put_file;
using support::TemporaryDir;

CASE(open_flags) {
  TemporaryDir dir;
  std::string path = dir / "file";
  CHECK_ERRNO(open(path.c_str(), O_RDONLY), ENOENT);
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0640);
  CHECK(fd >= 0);
  CHECK_EQ(write(fd, "hello", 5), 5);
  char byte;
  CHECK_ERRNO(read(fd, &byte, 1), EBADF);
  CHECK_EQ(close(fd), 0);
  CHECK_ERRNO(close(fd), EBADF);
  CHECK_ERRNO(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0640), EEXIST);
  fd = open(path.c_str(), O_RDONLY);
  CHECK_ERRNO(write(fd, "x", 1), EBADF);
  close(fd);
  fd = open(path.c_str(), O_WRONLY | O_TRUNC);
  struct stat status;
  CHECK_EQ(fstat(fd, &status), 0);
  CHECK_EQ(status.st_size, 0);
  CHECK_EQ(status.st_mode & 07777, 0640);
  close(fd);
}

CASE(open_errors) {
  TemporaryDir dir;
  put_file(dir / "file", "x");
  CHECK_ERRNO(open((dir / "file/below").c_str(), O_RDONLY), ENOTDIR);
  CHECK_ERRNO(open((dir / "no/such").c_str(), O_WRONLY | O_CREAT, 0600), ENOENT);
  CHECK_ERRNO(open(dir.path().c_str(), O_WRONLY), EISDIR);
  CHECK_ERRNO(open((dir / "file").c_str(), O_RDONLY | O_DIRECTORY), ENOTDIR);
  CHECK_ERRNO(open("", O_RDONLY), ENOENT);
  CHECK_ERRNO(open(std::string(PATH_MAX + 1, 'a').c_str(), O_RDONLY), ENAMETOOLONG);
  CHECK_ERRNO(open((dir.path() + "/" + std::string(300, 'a')).c_str(), O_RDONLY), ENAMETOOLONG);
  CHECK_ERRNO(open(reinterpret_cast<const char*>(8), O_RDONLY), EFAULT);
  symlink("loop", (dir / "loop").c_str());
  CHECK_ERRNO(open((dir / "loop").c_str(), O_RDONLY), ELOOP);
  symlink("file", (dir / "link").c_str());
  CHECK_ERRNO(open((dir / "link").c_str(), O_RDONLY | O_NOFOLLOW), ELOOP);
}

CASE(read_to_the_end) {
  TemporaryDir dir;
  put_file(dir / "file", "0123456789");
  int fd = open((dir / "file").c_str(), O_RDONLY);
  char buffer[16];
  CHECK_EQ(read(fd, buffer, 4), 4);
  CHECK_EQ(memcmp(buffer, "0123", 4), 0);
  CHECK_EQ(read(fd, buffer, 0), 0);
  CHECK_EQ(read(fd, buffer, sizeof buffer), 6);
  CHECK_EQ(memcmp(buffer, "456789", 6), 0);
  CHECK_EQ(read(fd, buffer, sizeof buffer), 0);
  close(fd);
}

CASE(seeking) {
  TemporaryDir dir;
  put_file(dir / "file", "0123456789");
  int fd = open((dir / "file").c_str(), O_RDWR);
  CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
  CHECK_EQ(lseek(fd, 2, SEEK_CUR), 5);
  CHECK_EQ(lseek(fd, -1, SEEK_END), 9);
  CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
  CHECK_ERRNO(lseek(fd, 0, 99), EINVAL);
  CHECK_EQ(lseek(fd, 20, SEEK_SET), 20);
  CHECK_EQ(write(fd, "x", 1), 1);
  std::string content = get_file(dir / "file");
  CHECK_EQ(content.size(), 21);
  CHECK_EQ(content[15], 0);
  CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 21);
  close(fd);
  int pipes[2];
  CHECK_EQ(pipe(pipes), 0);
  CHECK_ERRNO(lseek(pipes[0], 0, SEEK_SET), ESPIPE);
  close(pipes[0]);
  close(pipes[1]);
}

CASE(positioned_reads_and_writes_leave_the_offset) {
  TemporaryDir dir;
  put_file(dir / "file", "0123456789");
  int fd = open((dir / "file").c_str(), O_RDWR);
  char buffer[4] = {};
  CHECK_EQ(pread(fd, buffer, 3, 5), 3);
  CHECK_EQ(memcmp(buffer, "567", 3), 0);
  CHECK_EQ(pwrite(fd, "AB", 2, 0), 2);
  CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
  CHECK_EQ(pread(fd, buffer, 3, 100), 0);
  CHECK_ERRNO(pread(fd, buffer, 3, -1), EINVAL);
  CHECK_EQ(read(fd, buffer, 2), 2);
  CHECK_EQ(memcmp(buffer, "AB", 2), 0);
  close(fd);
}

CASE(append) {
  TemporaryDir dir;
  put_file(dir / "file", "one\n");
  int fd = open((dir / "file").c_str(), O_WRONLY | O_APPEND);
  CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
  CHECK_EQ(write(fd, "two\n", 4), 4);
  int other = open((dir / "file").c_str(), O_WRONLY | O_APPEND);
  CHECK_EQ(write(other, "three\n", 6), 6);
  CHECK_EQ(write(fd, "four\n", 5), 5);
  CHECK(get_file(dir / "file") == "one\ntwo\nthree\nfour\n");
  close(fd);
  close(other);
}

CASE(large_transfers) {
  TemporaryDir dir;
  std::string data(5 << 20, '\0');
  for (size_t i = 0; i < data.size(); i++) data[i] = static_cast<char>(i * 2654435761u >> 24);
  int fd = open((dir / "file").c_str(), O_RDWR | O_CREAT, 0600);
  size_t written = 0;
  while (written < data.size()) {
    ssize_t n = write(fd, data.data() + written, data.size() - written);
    CHECK(n > 0);
    written += static_cast<size_t>(n);
  }
  std::string back(data.size(), '\0');
  size_t count = 0;
  while (count < back.size()) {
    ssize_t n = pread(fd, back.data() + count, back.size() - count, static_cast<off_t>(count));
    CHECK(n > 0);
    count += static_cast<size_t>(n);
  }
  CHECK(back == data);
  close(fd);
}

CASE(truncation) {
  TemporaryDir dir;
  put_file(dir / "file", "0123456789");
  CHECK_EQ(truncate((dir / "file").c_str(), 4), 0);
  CHECK(get_file(dir / "file") == "0123");
  int fd = open((dir / "file").c_str(), O_RDWR);
  CHECK_EQ(ftruncate(fd, 8), 0);
  CHECK(get_file(dir / "file") == std::string("0123\0\0\0\0", 8));
  CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
  close(fd);
  fd = open((dir / "file").c_str(), O_RDONLY);
  CHECK_ERRNO(ftruncate(fd, 1), EINVAL);
  CHECK_ERRNO(truncate((dir / "none").c_str(), 1), ENOENT);
  close(fd);
}

CASE(directories_do_not_read) {
  TemporaryDir dir;
  int fd = open(dir.path().c_str(), O_RDONLY);
  CHECK(fd >= 0);
  char byte;
  CHECK_ERRNO(read(fd, &byte, 1), EISDIR);
  close(fd);
}

CASE(bad_buffers_and_descriptors) {
  TemporaryDir dir;
  int fd = open((dir / "file").c_str(), O_RDWR | O_CREAT, 0600);
  CHECK_ERRNO(write(fd, reinterpret_cast<void*>(8), 4), EFAULT);
  CHECK_EQ(write(fd, "data", 4), 4);
  CHECK_ERRNO(pread(fd, reinterpret_cast<void*>(8), 4, 0), EFAULT);
  close(fd);
  char byte = 0;
  CHECK_ERRNO(read(-1, &byte, 1), EBADF);
  CHECK_ERRNO(write(1000, &byte, 1), EBADF);
  CHECK_ERRNO(lseek(1000, 0, SEEK_SET), EBADF);
}

CASE(device_files) {
  char buffer[64];
  memset(buffer, 1, sizeof buffer);
  int zero = open("/dev/zero", O_RDONLY);
  CHECK_EQ(read(zero, buffer, sizeof buffer), 64);
  for (char byte : buffer) CHECK_EQ(byte, 0);
  int null = open("/dev/null", O_RDWR);
  CHECK_EQ(write(null, buffer, 64), 64);
  CHECK_EQ(read(null, buffer, 64), 0);
  int random = open("/dev/urandom", O_RDONLY);
  CHECK_EQ(read(random, buffer, 64), 64);
  int distinct = 0;
  for (char byte : buffer) distinct += byte != buffer[0];
  CHECK(distinct > 30);
  int full = open("/dev/full", O_WRONLY);
  if (full >= 0) CHECK_ERRNO(write(full, buffer, 1), ENOSPC);
  close(zero);
  close(null);
  close(random);
  close(full);
}

CASE(unlinked_file_lives_while_open) {
  TemporaryDir dir;
  int fd = open((dir / "file").c_str(), O_RDWR | O_CREAT, 0600);
  CHECK_EQ(unlink((dir / "file").c_str()), 0);
  CHECK_EQ(write(fd, "still", 5), 5);
  char buffer[8];
  CHECK_EQ(pread(fd, buffer, 8, 0), 5);
  CHECK_ERRNO(open((dir / "file").c_str(), O_RDONLY), ENOENT);
  close(fd);
}

CASE(temporary_and_memory_files) {
  int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  if (fd >= 0) {
    CHECK_EQ(write(fd, "tmp", 3), 3);
    close(fd);
  }
  FILE* stream = tmpfile();
  CHECK(stream);
  CHECK(fputs("line\n", stream) >= 0);
  rewind(stream);
  char line[8] = "";
  CHECK(fgets(line, sizeof line, stream));
  CHECK_EQ(strcmp(line, "line\n"), 0);
  fclose(stream);
}
