// The process's current directory.
#pragma once

#include "base/result.h"
#include "enclave/file/place.h"

namespace scone::file {

// chdir(2) to a place that was found with Follow::kYes.
Result<void> change_directory(Place& place);

}  // namespace scone::file
