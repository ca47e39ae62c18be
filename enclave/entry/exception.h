// Exceptions of the program, after the first look in aex.cc.
#pragma once

#include <cstdint>

namespace scone::entry {

// Vector number that no exception has: the host interrupted (SDM: EXITINFO.VALID = 0).
inline constexpr uint64_t kVectorInterrupt = 256;

}  // namespace scone::entry
