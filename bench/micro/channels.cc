// Two threads that talk through descriptors. An operation is there and back again.
#include <sys/socket.h>
#include <unistd.h>

#include "bench/micro/benchmark.h"

namespace scone::bench {
namespace {

// One end of a two-way channel.
struct End {
  int in, out;
};

void give(const End& end, char byte) {
  if (write(end.out, &byte, 1) != 1) fail("write");
}

char take(const End& end) {
  char byte;
  if (read(end.in, &byte, 1) != 1) fail("read");
  return byte;
}

constexpr char kBall = 'b', kStop = 's';

Count pingpong(const Settings& settings, End here, End there) {
  std::thread partner([there] {
    for (char byte; (byte = take(there)) != kStop;) give(there, byte);
  });
  const Count count = repeat(settings, 20, [here] {
    give(here, kBall);
    take(here);
  });
  give(here, kStop);
  partner.join();
  return count;
}

}  // namespace

Count pipe_pingpong(const Settings& settings) {
  int to[2], from[2];
  if (pipe(to) != 0 || pipe(from) != 0) fail("pipe");
  return pingpong(settings, {from[0], to[1]}, {to[0], from[1]});
}

Count socketpair_pingpong(const Settings& settings) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail("socketpair");
  return pingpong(settings, {ends[0], ends[0]}, {ends[1], ends[1]});
}

}  // namespace scone::bench
