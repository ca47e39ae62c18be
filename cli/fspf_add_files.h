// scone fspf addf: puts a directory's files into a region.
#pragma once

#include <string>

#include "cli/fspf_description.h"

namespace scone::cli {

// Adds everything below `source` to the region; host files go below `target`. With an empty target the files stay where they are, which only
// authenticated regions allow. What the region has under the same name is replaced. Ends the program on errors.
void add_files(Description& description, const volume::Region& region, const std::string& source,
               const std::string& target);

}  // namespace scone::cli
