// What names and paths are allowed.
#pragma once

#include <string_view>

#include "base/result.h"
#include "volume/text.h"

namespace scone::volume {

// A name in a directory. EINVAL, ENAMETOOLONG.
Result<void> check_name(std::string_view name);
// A region's path as it is kept: "/", or "/a/b" without empty, "." and ".." components. "." and "a/b" start at the root. EINVAL, ENOMEM.
Result<Text> region_path(std::string_view given);

}  // namespace scone::volume
