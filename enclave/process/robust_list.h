// Robust mutexes: get_robust_list(2), and Documentation/locking/robust-futexes.rst.
#pragma once

namespace scone::sched {
class Lthread;
}

namespace scone::process {

// Marks every robust mutex that the ending thread holds as orphaned and wakes a waiter of each.
void release_robust_mutexes(sched::Lthread& thread);

}  // namespace scone::process
