// Tokens: how the host names a ReadySource in its events.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace scone::boundary {
class HostBuffer;
}

namespace scone::net {

class ReadyListener {
 public:
  // Called with the entry's lock (rank kObject) held.
  virtual void on_edge(uint32_t events) = 0;
  // Bytes that were received ahead, of which the listener may take possession; or the end (0) or an error (-errno).
  virtual void on_arrival(int64_t /*result*/, boundary::HostBuffer& /*data*/) {}

 protected:
  ~ReadyListener() = default;
};

// A token is generation << 32 | index of a table inside the enclave, never 0. A token that was revoked, or never
// given out, names nothing. Tokens stay below 2^63, so the runner may use those above for itself.
namespace ready_table {

// ENOMEM; ENFILE when all indices are in use.
Result<uint64_t> assign(ReadyListener& listener);
// When it returns the listener is not being called and will not be.
void revoke(uint64_t token);
// Call the listener, if the token names one.
void notify(uint64_t token, uint32_t events);
void arrive(uint64_t token, int64_t result, boundary::HostBuffer& data);

}  // namespace ready_table
}  // namespace scone::net
