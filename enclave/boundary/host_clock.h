// The host's time page (abi::TimePage).
#pragma once

#include <cstdint>

namespace scone::boundary {

enum class HostClock { kMonotonic, kRealtime, kBoottime };

// ns, by the host's latest calibration and the TSC. A host that never finishes an update gets stale values used.
uint64_t read_host_clock(HostClock clock);

}  // namespace scone::boundary
