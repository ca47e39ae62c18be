// Where runtime code that may fault on program memory continues after a fault.
#pragma once

#include <cstdint>

namespace scone::entry {

// The fixup of the instruction at `rip`, or 0. Reads constant tables only: safe in exception context.
uint64_t find_fixup(uint64_t rip);

}  // namespace scone::entry
