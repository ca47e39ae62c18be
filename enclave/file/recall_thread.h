// The runtime's thread that gives delegated files back (delegation.h).
#pragma once

namespace scone::file {

// True: it is there. Thread context; may allocate.
bool start_recall_thread();
// Somebody wants a delegated file: before long all are given back. Scheduler context.
void recall_delegations();
// Somebody wants one, and the thread is not at it yet. Any context.
bool recall_is_due();

}  // namespace scone::file
