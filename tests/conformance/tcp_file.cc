// Files and memory that go into a TCP socket: whole, cut off, unreadable, mapped.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <thread>

#include "check.h"
#include "sockets.h"
#include "streams.h"
#include "support.h"

using sockets::TcpPair;
using namespace streams;

CASE(files_are_sent_whole) {
  support::TemporaryDir dir;
  const std::string path = dir / "file", data = pattern(300000);
  for (size_t size : {1u, 1000u, 16384u, 65536u, 300000u}) {
    CHECK(support::put_file(path, data.substr(0, size)));
    for (int round = 0; round < 3; round++) {  // what was sent once may be remembered
      TcpPair pair;
      std::string got;
      std::thread reader([&] { got = read_all(pair.server); });
      int file = open(path.c_str(), O_RDONLY);
      off_t offset = 0;
      size_t sent = 0;
      while (sent < size) {
        ssize_t n = sendfile(pair.client, file, &offset, size + 500 - sent);  // more than there is
        CHECK(n > 0);
        sent += static_cast<size_t>(n);
      }
      CHECK_EQ(offset, size);
      CHECK_EQ(sendfile(pair.client, file, &offset, 500), 0);
      CHECK_EQ(lseek(file, 0, SEEK_CUR), 0);
      CHECK_EQ(sendfile(pair.client, file, nullptr, 1), 1);
      CHECK_EQ(lseek(file, 0, SEEK_CUR), 1);
      close(file);
      write(pair.client, "end", 3);
      pair.close_client();
      reader.join();
      CHECK_EQ(got.size(), size + 4);
      CHECK(got == data.substr(0, size) + data.substr(0, 1) + "end");
    }
  }
}

CASE(a_file_that_is_truncated_after_it_was_sent) {
  support::TemporaryDir dir;
  const std::string path = dir / "file", data = pattern(60000);
  CHECK(support::put_file(path, data));
  for (int i = 0; i < 20; i++) {
    CHECK(support::put_file(path, data));
    TcpPair pair;
    int file = open(path.c_str(), O_RDWR);
    off_t offset = 0;
    CHECK_EQ(sendfile(pair.client, file, &offset, data.size()), data.size());
    CHECK_EQ(ftruncate(file, 0), 0);
    close(file);
    pair.close_client();
    // Linux sends references to pages; what truncation makes of those not yet copied is zeros.
    CHECK_EQ(read_all(pair.server).size(), data.size());
  }
}

CASE(a_bad_buffer_leaves_the_stream_usable) {
  support::TemporaryDir dir;
  CHECK(support::put_file(dir / "file", "from the file"));
  TcpPair pair;
  char* bad = static_cast<char*>(mmap(nullptr, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  char byte;
  write(pair.server, "x", 1);
  CHECK_EQ(read(pair.client, &byte, 1), 1);
  CHECK_ERRNO(write(pair.client, bad, 100), EFAULT);
  int file = open((dir / "file").c_str(), O_RDONLY);
  CHECK_EQ(sendfile(pair.client, file, nullptr, 13), 13);
  close(file);
  time_out(pair.server, SO_RCVTIMEO, 5000);
  CHECK(read_some(pair.server, 13) == "from the file");
  CHECK_ERRNO(write(pair.client, bad, 100), EFAULT);
  CHECK_EQ(write(pair.client, "after", 5), 5);
  CHECK(read_some(pair.server, 5) == "after");
  // Receiving where nothing can be put leaves the bytes.
  write(pair.client, "kept", 4);
  CHECK(ready(pair.server, POLLIN, 5000) & POLLIN);
  CHECK_ERRNO(read(pair.server, bad, 4), EFAULT);
  CHECK(read_some(pair.server, 4) == "kept");
  munmap(bad, kPage);
}

CASE(pages_of_files_never_touched_before) {
  support::TemporaryDir dir;
  const std::string path = dir / "file", data = pattern(10 * kPage + 100);
  CHECK(support::put_file(path, data));
  for (int flags : {MAP_PRIVATE, MAP_SHARED}) {
    for (int round = 0; round < 3; round++) {
      TcpPair pair;
      int file = open(path.c_str(), O_RDWR);
      char* map = static_cast<char*>(mmap(nullptr, 12 * kPage, PROT_READ | PROT_WRITE, flags, file, 0));
      CHECK(map != MAP_FAILED);
      close(file);
      // Whole pages, an unaligned part, the end, and one page that the program has changed.
      map[5 * kPage + 1] = '!';
      iovec pieces[] = {
          {map, 2 * kPage}, {map + 3 * kPage - 7, 2000}, {map + 5 * kPage, 10}, {map + 10 * kPage, 100}};
      const size_t total = 2 * kPage + 2000 + 10 + 100;
      CHECK_EQ(writev(pair.client, pieces, 4), total);
      std::string expected = data.substr(0, 2 * kPage) + data.substr(3 * kPage - 7, 2000) +
                             data.substr(5 * kPage, 10) + data.substr(10 * kPage, 100);
      expected[2 * kPage + 2000 + 1] = '!';
      CHECK(read_some(pair.server, total) == expected);
      // Behind the end: zeros up to the page's end, then nothing.
      CHECK_EQ(write(pair.client, map + 10 * kPage + 50, 1000), 1000);
      CHECK(read_some(pair.server, 1000) == data.substr(10 * kPage + 50) + std::string(950, '\0'));
      CHECK_ERRNO(write(pair.client, map + 11 * kPage, 1000), EFAULT);
      map[5 * kPage + 1] = data[5 * kPage + 1];
      munmap(map, 12 * kPage);
    }
  }
}
