// The price of a transition, made visible.
#pragma once

#include <x86intrin.h>

#include <cstdint>

namespace scone::host::soft {

inline uint64_t cycles() { return __rdtsc(); }

// Spins until the time-stamp counter reaches `deadline`.
inline void spin_until(uint64_t deadline) {
  while (static_cast<int64_t>(deadline - cycles()) > 0) _mm_pause();
}

}  // namespace scone::host::soft
