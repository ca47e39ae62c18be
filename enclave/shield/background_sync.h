// What a program changed and did not sync is made durable some seconds later, as kernels do.
#pragma once

#include "base/result.h"

namespace scone::shield {

// Before sync_soon().
void set_background_sync(Result<void> (*sync)());
// Something changed: all is synced before long, by a thread of the runtime.
void sync_soon();

}  // namespace scone::shield
