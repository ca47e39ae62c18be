// Vectors and copies: readv, writev, preadv2, sendfile, copy_file_range, splice.
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"
#include "support.h"

using support::get_file;
using support::put_file;
using support::TemporaryDir;

CASE(write_and_read_in_pieces) {
  TemporaryDir dir;
  int fd = open((dir / "file").c_str(), O_RDWR | O_CREAT, 0600);
  char a[] = "one", b[] = "", c[] = "three";
  iovec out[] = {{a, 3}, {b, 0}, {c, 5}};
  CHECK_EQ(writev(fd, out, 3), 8);
  char x[2], y[4], z[8];
  iovec in[] = {{x, 2}, {y, 4}, {z, 8}};
  CHECK_EQ(preadv(fd, in, 3, 0), 8);
  CHECK_EQ(memcmp(x, "on", 2), 0);
  CHECK_EQ(memcmp(y, "ethr", 4), 0);
  CHECK_EQ(memcmp(z, "ee", 2), 0);
  CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
  CHECK_EQ(readv(fd, in, 1), 2);
  CHECK_EQ(pwritev(fd, out, 1, 5), 3);
  CHECK(get_file(dir / "file") == "onethone");
  CHECK_EQ(preadv2(fd, in, 1, -1, 0), 2);
  CHECK_EQ(memcmp(x, "et", 2), 0);
  close(fd);
}

CASE(vector_errors) {
  int null = open("/dev/null", O_RDWR);
  char byte = 0;
  iovec one = {&byte, 1};
  CHECK_ERRNO(writev(null, &one, -1), EINVAL);
  CHECK_ERRNO(writev(null, &one, IOV_MAX + 1), EINVAL);
  CHECK_ERRNO(writev(null, reinterpret_cast<iovec*>(8), 1), EFAULT);
  iovec negative = {&byte, SIZE_MAX};
  CHECK_ERRNO(writev(null, &negative, 1), EINVAL);
  CHECK_EQ(writev(null, &one, 0), 0);
  close(null);
}

CASE(large_vector) {
  TemporaryDir dir;
  int fd = open((dir / "file").c_str(), O_RDWR | O_CREAT, 0600);
  static char data[IOV_MAX][100];
  iovec pieces[IOV_MAX];
  for (int i = 0; i < IOV_MAX; i++) {
    memset(data[i], i % 251, 100);
    pieces[i] = {data[i], 100};
  }
  CHECK_EQ(writev(fd, pieces, IOV_MAX), IOV_MAX * 100);
  std::string back = get_file(dir / "file");
  CHECK_EQ(back.size(), IOV_MAX * 100);
  CHECK_EQ(memcmp(back.data(), data, back.size()), 0);
  close(fd);
}

CASE(sendfile_to_a_socket_and_a_file) {
  TemporaryDir dir;
  put_file(dir / "from", "0123456789");
  int from = open((dir / "from").c_str(), O_RDONLY);
  int to = open((dir / "to").c_str(), O_RDWR | O_CREAT, 0600);
  off_t offset = 3;
  CHECK_EQ(sendfile(to, from, &offset, 4), 4);
  CHECK_EQ(offset, 7);
  CHECK_EQ(lseek(from, 0, SEEK_CUR), 0);
  CHECK(get_file(dir / "to") == "3456");
  int pair[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  CHECK_EQ(sendfile(pair[0], from, nullptr, 100), 10);
  CHECK_EQ(lseek(from, 0, SEEK_CUR), 10);
  char buffer[16];
  CHECK_EQ(read(pair[1], buffer, 16), 10);
  CHECK_EQ(memcmp(buffer, "0123456789", 10), 0);
  CHECK_EQ(sendfile(pair[0], from, nullptr, 100), 0);
  CHECK_ERRNO(sendfile(to, pair[0], nullptr, 1), EINVAL);
  close(from);
  close(to);
  close(pair[0]);
  close(pair[1]);
}

CASE(copy_file_range_copies) {
  TemporaryDir dir;
  put_file(dir / "from", "0123456789");
  int from = open((dir / "from").c_str(), O_RDONLY);
  int to = open((dir / "to").c_str(), O_RDWR | O_CREAT, 0600);
  off_t in = 2, out = 1;
  CHECK_EQ(copy_file_range(from, &in, to, &out, 5, 0), 5);
  CHECK_EQ(in, 7);
  CHECK_EQ(out, 6);
  CHECK(get_file(dir / "to") == std::string("\0" "23456", 6));
  close(from);
  close(to);
}

CASE(preallocation) {
  TemporaryDir dir;
  int fd = open((dir / "file").c_str(), O_RDWR | O_CREAT, 0600);
  CHECK_EQ(fallocate(fd, 0, 0, 10000), 0);
  CHECK_EQ(lseek(fd, 0, SEEK_END), 10000);
  CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
  CHECK_EQ(fsync(fd), 0);
  CHECK_EQ(fdatasync(fd), 0);
  CHECK_EQ(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE), 0);
  CHECK_ERRNO(fsync(1000), EBADF);
  close(fd);
}
