// Who this process is, as far as signals tell.
#pragma once

#include <cstdint>

#include "enclave/boundary/host_state.h"

namespace scone::process {

inline int own_pid() { return static_cast<int>(boundary::start_info().pid); }
inline uint32_t own_uid() { return static_cast<uint32_t>(boundary::start_info().uid); }

}  // namespace scone::process
