#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/histogram.h"
#include "bench/load/plan.h"
#include "bench/load/protocol.h"
#include "bench/load/transport.h"

namespace scone::bench {

// One client in a closed loop: sends some requests at once, waits for all their answers, sends the next ones.
class Connection {
 public:
  Connection(uint16_t port, SSL_CTX* tls, const Protocol& protocol)
      : transport_(port, tls), protocol_(protocol) {}

  int fd() const { return transport_.fd(); }

  // Sends as much as goes at once of the next `count` requests. Precondition: idle().
  void start(Plan& plan, unsigned count, uint64_t now_ns);

  // Something arrived or there is room to send: goes on as far as it can. Returns the number of answers that came; each
  // one's latency, from its request's start(), goes into the histogram.
  unsigned advance(Histogram& latencies);

  bool idle() const { return answered_ == waiting_.size(); }
  bool wants_to_send() const { return sent_ < out_.size(); }

 private:
  void send();
  unsigned take_answers(Histogram& latencies);

  Transport transport_;
  const Protocol& protocol_;
  std::vector<Request> waiting_;  // of the requests that are on their way …
  size_t answered_ = 0;           // … so many have been answered
  uint64_t started_ns_ = 0;
  std::string out_;
  size_t sent_ = 0;
  std::string in_;  // received and not yet taken
};

uint64_t monotonic_ns();

}  // namespace scone::bench
