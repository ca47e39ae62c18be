// How far apart data must lie that different processors write.
#pragma once

#include <cstddef>

namespace scone {

// Bytes. (std::hardware_destructive_interference_size changes with the compiler's options.)
inline constexpr size_t kCacheLine = 64;

}  // namespace scone
