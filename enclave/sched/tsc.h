// The processor's time stamp counter.
#pragma once

#include <cstdint>

namespace scone::sched {

// SAFETY: RDTSC is legal in an enclave on every processor with EDMM, without which the runtime does not start.
inline uint64_t read_tsc() {
  uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return uint64_t{high} << 32 | low;
}

}  // namespace scone::sched
