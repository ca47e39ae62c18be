// The smaller and the larger of two values; <algorithm> is not a freestanding header.
#pragma once

namespace scone {

template <typename T>
constexpr T min_of(T a, T b) {
  return b < a ? b : a;
}
template <typename T>
constexpr T max_of(T a, T b) {
  return a < b ? b : a;
}

}  // namespace scone
