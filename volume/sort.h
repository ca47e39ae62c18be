// Ascending order without allocation.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace scone::volume {

// Heapsort: O(n log n) whatever the order was.
template <typename T>
void sort(std::span<T> values) {
  const auto sift = [&](size_t root, size_t end) {
    for (size_t child; (child = 2 * root + 1) < end; root = child) {
      if (child + 1 < end && values[child] < values[child + 1]) ++child;
      if (!(values[root] < values[child])) return;
      std::swap(values[root], values[child]);
    }
  };
  for (size_t i = values.size() / 2; i-- > 0;) sift(i, values.size());
  for (size_t end = values.size(); end-- > 1;) {
    std::swap(values[0], values[end]);
    sift(0, end);
  }
}

}  // namespace scone::volume
