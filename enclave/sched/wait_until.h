// Definition of wait_until (wait_queue.h).
#pragma once

#include "enclave/process/restart.h"
#include "enclave/sched/wait_queue.h"

namespace scone::sched {

template <typename Condition>
Result<void> wait_until(WaitQueue& queue, Condition condition, uint64_t deadline_ns) {
  ThreadWaiter waiter(current());
  queue.add(waiter);
  Result<void> result;
  // The waiter stands in the queue before each check, so an event between check and park is not lost.
  while (!condition()) {
    if (interrupted()) {
      result = Errno(process::kRestartSys);
      break;
    }
    if (deadline_ns != kNever && now_ns() >= deadline_ns) {
      result = Errno(ETIMEDOUT);
      break;
    }
    park(deadline_ns);
  }
  queue.remove(waiter);
  return result;
}

}  // namespace scone::sched
