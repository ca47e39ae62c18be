// The price of a transition, made visible.
#pragma once

#include <x86intrin.h>

#include <cstdint>

namespace scone::host::soft {

inline uint64_t cycles() { return __rdtsc(); }

// Spins until the time-stamp counter reaches `deadline`. A pause takes up to 140 cycles, so the end does without.
inline void spin_until(uint64_t deadline) {
  constexpr int64_t kPauseCycles = 300;
  while (static_cast<int64_t>(deadline - cycles()) > kPauseCycles) _mm_pause();
  while (static_cast<int64_t>(deadline - cycles()) > 0) continue;
}

}  // namespace scone::host::soft
