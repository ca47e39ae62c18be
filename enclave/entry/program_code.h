// The program's code and its rewritten system-call sites.
#pragma once

#include <cstdint>

#include "enclave/mm/backing.h"

namespace scone::entry {

// What the memory manager shows every executable file mapping to. Once, at start.
mm::ExecHook& init_program_code();
// Code in [begin, end) is gone (munmap, or mapped over).
void forget_code(uint64_t begin, uint64_t end);

}  // namespace scone::entry
