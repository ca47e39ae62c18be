// Threads that have not run yet.
#pragma once

#include "enclave/sched/lthread.h"

namespace scone::entry {

// Prepares `thread` so that its first switch runs function() on its kernel stack, below the space of its UserFrame.
void start_in_runtime(sched::Lthread& thread, void (*function)());
// Prepares `thread` so that its first switch returns to the program with the registers in its frame().
void start_in_program(sched::Lthread& thread);
// From function() above: goes on as the program, with the registers in the current thread's frame().
[[noreturn]] void enter_program();

}  // namespace scone::entry
