#include "enclave/sched/mutex.h"

namespace scone::sched {

void Mutex::lock() {
  Waiting self;
  {
    SpinGuard guard(lock_);
    if (!held_) {
      held_ = true;
      return;
    }
    self.thread = &current();
    waiting_.push_back(self);
  }
  for (;;) {
    {
      SpinGuard guard(lock_);
      if (self.granted) return;
    }
    park();
  }
}

void Mutex::unlock() {
  Lthread* next = nullptr;
  {
    SpinGuard guard(lock_);
    if (Waiting* first = waiting_.pop_front()) {
      first->granted = true;
      next = first->thread;
      next->ref();  // it may run and end before it is unparked
    } else {
      held_ = false;
    }
  }
  if (!next) return;
  unpark(*next);
  if (next->unref()) delete next;
}

}  // namespace scone::sched
