// Binary search by a predicate.
#pragma once

#include <cstddef>

namespace scone::rewrite {

// The first index in [0, count) for which `after(index)` holds, or count. Precondition: once true, always true.
template <typename Predicate>
size_t first_index(size_t count, Predicate after) {
  size_t low = 0;
  while (low < count) {
    size_t middle = low + (count - low) / 2;
    if (after(middle))
      count = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace scone::rewrite
