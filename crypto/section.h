// The stretch of code in which libcrypto runs.
#pragma once

#include <cstdint>

namespace scone::crypto {

// Every function here that calls into libcrypto makes one first; they nest. In a host program it does nothing. In the enclave,
// where the vector registers are the program's and FS is its thread pointer, it puts both out of the way, and the first one
// initialises the library. As long as one lives the thread must not park, call the host or touch the program's memory.
class [[nodiscard]] Section {
 public:
  Section();
  ~Section();
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

 private:
  uint64_t outer_ = 0;  // enclave: the FS base to go back to
};

}  // namespace scone::crypto
