#pragma once

#include <cstdint>
#include <vector>

#include "bench/load/options.h"

namespace scone::bench {

struct Request {
  uint32_t key;
  bool write;
};

// The requests that are made, in order. Drawn beforehand from a fixed seed: the loop has no work with it, and each run
// of the same options makes the same requests.
class Plan {
 public:
  explicit Plan(const Options& options);

  // After the last request comes the first one again.
  Request next() {
    const Request request = requests_[next_];
    next_ = next_ + 1 == requests_.size() ? 0 : next_ + 1;
    return request;
  }

 private:
  std::vector<Request> requests_;
  size_t next_ = 0;
};

}  // namespace scone::bench
