// The threads of the process.
#pragma once

#include "base/ref.h"
#include "enclave/sched/lthread.h"

namespace scone::process {

// Every living thread, the main thread first, guarded by its lock (rank kProcess). The list holds a reference to each.
class ThreadList {
 public:
  // Takes a further reference; the thread can be found and signalled from now on.
  void add(sched::Lthread& thread);
  // The thread is about to end: gives signals that only it would have taken to others, and drops the list's reference.
  // Returns how many threads remain.
  int remove(sched::Lthread& thread);
  // Null if there is none with this number.
  Ref<sched::Lthread> find(int tid);
  int count();
  // Calls visit(Lthread&) for each, with the lock held: no parking, only locks of higher rank.
  template <typename Visit>
  void for_each(Visit visit) {
    sched::SpinGuard guard(lock_);
    for (sched::Lthread& thread : threads_) visit(thread);
  }

 private:
  sched::SpinLock lock_{sched::LockRank::kProcess};
  IntrusiveList<sched::Lthread, sched::ThreadListTag> threads_;
  int count_ = 0;
};

ThreadList& threads();

}  // namespace scone::process
