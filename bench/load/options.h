#pragma once

#include <cstdint>
#include <string>

namespace scone::bench {

// What the command line asks for. The defaults are a common cache: 90 % reads, 1 KiB values, a few hot keys.
struct Options {
  std::string protocol = "redis";  // or "memcached"
  uint16_t port = 0;               // on the loopback interface
  unsigned connections = 50;
  unsigned pipeline = 1;  // requests sent at once on a connection
  uint32_t keys = 10'000;
  uint32_t value_size = 1024;  // bytes
  double writes = 0.1;         // part of the requests that set a value
  double zipf = 0.99;          // exponent of the keys' popularity; 0: all alike
  double seconds = 4;
  bool fill = false;  // set each key once, and no more
  bool tls = false;
  std::string ca;  // PEM file; the server's certificate must come from it. Empty: any certificate.
};

}  // namespace scone::bench
