// What a TCP socket does with bytes that wait on either side of it: back-pressure, flags, counts, time limits.
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "check.h"
#include "sockets.h"
#include "streams.h"
#include "support.h"

using sockets::TcpPair;
using namespace streams;

CASE(a_reader_that_does_not_read_stops_the_writer) {
  TcpPair pair;
  char byte;
  CHECK_EQ(write(pair.client, "x", 1), 1);
  CHECK_EQ(read(pair.server, &byte, 1), 1);  // whatever is received ahead has begun
  CHECK(set_nonblocking(pair.client));
  const size_t taken = fill(pair.client);
  CHECK_EQ(errno, EAGAIN);
  CHECK(taken < (64 << 20));
  CHECK_EQ(ready(pair.client, POLLOUT), 0);
  // A little read does not make room for the peer at once; all of it does.
  std::thread reader([&] { read_some(pair.server, taken); });
  CHECK_EQ(ready(pair.client, POLLOUT, 20000), POLLOUT);
  CHECK_EQ(write(pair.client, "y", 1), 1);
  reader.join();
  CHECK_EQ(read_some(pair.server, 1)[0], 'y');
}

CASE(receive_flags) {
  TcpPair pair;
  char text[16] = {};
  CHECK_ERRNO(recv(pair.server, text, 4, MSG_DONTWAIT), EAGAIN);
  CHECK_EQ(write(pair.client, "abcdefgh", 8), 8);
  CHECK_EQ(recv(pair.server, text, 3, MSG_PEEK), 3);
  CHECK_EQ(recv(pair.server, text, 3, MSG_PEEK), 3);
  CHECK(!memcmp(text, "abc", 3));
  CHECK_EQ(recv(pair.server, nullptr, 2, MSG_TRUNC), 2);  // tcp(7): discarded
  CHECK_EQ(recv(pair.server, text, 2, 0), 2);
  CHECK(!memcmp(text, "cd", 2));
  std::thread late([&] {
    support::settle();
    write(pair.client, "ijkl", 4);
  });
  CHECK_EQ(recv(pair.server, text, 8, MSG_WAITALL), 8);
  CHECK(!memcmp(text, "efghijkl", 8));
  late.join();
  // The end cuts MSG_WAITALL short.
  write(pair.client, "mn", 2);
  pair.close_client();
  CHECK_EQ(recv(pair.server, text, 8, MSG_WAITALL), 2);
  CHECK_EQ(recv(pair.server, text, 8, MSG_WAITALL), 0);
}

CASE(wait_all_discards_no_more_than_asked) {
  TcpPair pair;
  const std::string data = pattern(60000);
  std::thread writer([&] {
    write(pair.client, data.data(), 10000);
    support::settle();
    write(pair.client, data.data() + 10000, 50000);
  });
  CHECK_EQ(recv(pair.server, nullptr, 20000, MSG_WAITALL | MSG_TRUNC), 20000);
  writer.join();
  CHECK(read_some(pair.server, 40000) == data.substr(20000));
}

CASE(waiting_bytes_are_counted) {
  TcpPair pair;
  const std::string data = pattern(100000);
  CHECK_EQ(write(pair.client, data.data(), data.size()), data.size());
  int waiting = 0;
  for (int i = 0; i < 100 && waiting < 100000; i++) {
    support::sleep_ms(5);
    CHECK_EQ(ioctl(pair.server, FIONREAD, &waiting), 0);
  }
  CHECK_EQ(waiting, 100000);
  CHECK(read_some(pair.server, 1234) == data.substr(0, 1234));
  CHECK_EQ(ioctl(pair.server, FIONREAD, &waiting), 0);
  CHECK_EQ(waiting, 100000 - 1234);
  CHECK(read_some(pair.server, 98766) == data.substr(1234));
  CHECK_EQ(ioctl(pair.server, FIONREAD, &waiting), 0);
  CHECK_EQ(waiting, 0);
}

CASE(time_limits) {
  TcpPair pair;
  char byte;
  time_out(pair.server, SO_RCVTIMEO, 60);
  int64_t begin = support::now_ms();
  CHECK_ERRNO(recv(pair.server, &byte, 1, 0), EAGAIN);
  CHECK(support::now_ms() - begin >= 50);
  write(pair.client, "ab", 2);
  CHECK_EQ(recv(pair.server, &byte, 1, 0), 1);
  CHECK_EQ(recv(pair.server, &byte, 1, 0), 1);
  CHECK_ERRNO(recv(pair.server, &byte, 1, 0), EAGAIN);
  time_out(pair.client, SO_SNDTIMEO, 60);
  begin = support::now_ms();
  size_t sum = fill(pair.client);
  CHECK_EQ(errno, EAGAIN);
  CHECK(support::now_ms() - begin >= 50);
  CHECK(sum > 0);
}
