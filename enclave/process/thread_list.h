// The threads of the process.
#pragma once

#include "base/intrusive_list.h"
#include "base/ref.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/lthread.h"

namespace scone::process {

// Every living thread, the main thread first. Holds a reference to each. Thread safe: lock of rank kProcess.
class ThreadList {
 public:
  using List = IntrusiveList<sched::Lthread, sched::ThreadListTag>;

  constexpr ThreadList() = default;

  // Takes a further reference; the thread can be found and signalled from now on.
  void add(sched::Lthread& thread);
  // The thread is about to end and keeps a reference itself until then: it takes no more signals; those of the process that
  // it would have taken go to others. Drops the list's reference. Returns how many threads remain.
  int remove(sched::Lthread& thread);
  // Null if there is none with this number.
  Ref<sched::Lthread> find(int tid);
  int count();
  // Calls work(List&) with the lock held: no parking, only locks of higher rank.
  template <typename Work>
  void with_list(Work work) {
    sched::SpinGuard guard(lock_);
    work(threads_);
  }

 private:
  sched::SpinLock lock_{sched::LockRank::kProcess};
  List threads_;
  int count_ = 0;
};

ThreadList& threads();

}  // namespace scone::process
