// Program code addresses as the program knows them, and as they are after rewriting.
//
// A rewritten system-call site executes its neighbours in a trampoline. Signal handlers, and unwinders that
// read their context, are shown the original instruction's address instead.
#pragma once

#include <cstdint>

#include "enclave/entry/user_frame.h"

namespace scone::entry {

// The original instruction's address for an rip inside a trampoline; any other rip is returned as it is.
uint64_t program_address(uint64_t rip);
// Where to continue for an address that program_address() gave: inverse up to which of both copies executes.
uint64_t resume_address(uint64_t rip);
// The address that executes the system call of `frame` again, provided that rax holds its number.
uint64_t restart_address(const UserFrame& frame);

}  // namespace scone::entry
