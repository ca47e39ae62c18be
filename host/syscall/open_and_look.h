// What programs do with a file first, in one go (RunnerCall::kOpenAndLook).
#pragma once

#include <cstdint>

namespace scone::host {

// Arguments as in abi/border.h. Returns the descriptor, or -errno.
int64_t open_and_look(const uint64_t (&arguments)[6]);

}  // namespace scone::host
