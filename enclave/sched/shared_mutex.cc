#include "enclave/sched/shared_mutex.h"

namespace scone::sched {

void SharedMutex::enter(bool exclusive) {
  if (exclusive)
    writer_ = true;
  else
    ++readers_;
}

void SharedMutex::acquire(bool exclusive) {
  Waiting self;
  {
    SpinGuard guard(lock_);
    if (waiting_.empty() && free_for(exclusive)) return enter(exclusive);
    self.thread = &current();
    self.exclusive = exclusive;
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

// Those in front that fit get it. unpark() takes locks of higher rank only; a granted thread cannot end before lock_ is free.
void SharedMutex::pass_on() {
  for (Waiting* first = waiting_.front(); first && free_for(first->exclusive); first = waiting_.front()) {
    first->unlink();
    enter(first->exclusive);
    Lthread& thread = *first->thread;
    first->granted = true;
    unpark(thread);
  }
}

void SharedMutex::unlock() {
  SpinGuard guard(lock_);
  writer_ = false;
  pass_on();
}

void SharedMutex::unlock_shared() {
  SpinGuard guard(lock_);
  --readers_;
  pass_on();
}

}  // namespace scone::sched
