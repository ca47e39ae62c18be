// fsync(2) and its relatives on the host.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"

namespace scone::file {

// One for each thing that is synced: it learns how long that takes. Thread safe.
class HostSync {
 public:
  // Performs `call` (fsync, fdatasync, syncfs) on the host's `descriptor`: by a helper thread, so that others run meanwhile (kRestartSys),
  // unless `alone`, nobody else could run, or it was quick the last time. Then, as natively, no signal interrupts it.
  Result<void> perform(uint64_t call, uint64_t descriptor, bool alone);

 private:
  std::atomic<bool> quick_{false};
};

}  // namespace scone::file
