#include "enclave/process/thread_list.h"

#include "enclave/process/signal_state.h"

namespace scone::process {

namespace {
constinit ThreadList list;
}

ThreadList& threads() { return list; }

void ThreadList::add(sched::Lthread& thread) {
  thread.ref();
  sched::SpinGuard guard(lock_);
  threads_.push_back(thread);
  ++count_;
}

int ThreadList::remove(sched::Lthread& thread) {
  const auto reference = Ref<sched::Lthread>::adopt(&thread);  // released after the lock
  sched::SpinGuard guard(lock_);
  static_cast<ListNode<sched::ThreadListTag>&>(thread).unlink();
  retire(thread, threads_);
  return --count_;
}

Ref<sched::Lthread> ThreadList::find(int tid) {
  sched::SpinGuard guard(lock_);
  for (sched::Lthread& thread : threads_)
    if (thread.tid() == tid) return Ref<sched::Lthread>::share(&thread);
  return {};
}

int ThreadList::count() {
  sched::SpinGuard guard(lock_);
  return count_;
}

}  // namespace scone::process
