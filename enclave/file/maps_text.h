// The text of /proc/self/maps and smaps.
#pragma once

#include "enclave/file/text.h"
#include "enclave/mm/address_space.h"

namespace scone::file {

// One line of proc(5), maps.
void append_map_line(Text& to, const mm::VmaInfo& vma);

}  // namespace scone::file
