// One poll(2) of the host about many descriptors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "enclave/net/readiness.h"

namespace scone::net {

// Collects questions, asks them without waiting, and lets each source learn from its answer.
class HostPoll {
 public:
  static constexpr size_t kCapacity = 128;

  // Asks for the EPOLL* bits `asked`; run() stores those that hold, and those of `known`, in *answer, or leaves it
  // as it is when the host cannot be asked. False when full.
  bool add(ReadySource& source, uint32_t asked, uint32_t known, uint32_t* answer);
  // Asks, then is empty.
  void run();

 private:
  struct Question {
    ReadySource* source;
    uint32_t asked;
    uint32_t known;
    uint32_t epoch;
    uint32_t* answer;
  };
  Question questions_[kCapacity];
  size_t count_ = 0;
};

}  // namespace scone::net
