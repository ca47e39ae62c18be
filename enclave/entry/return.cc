#include "enclave/entry/return.h"

#include "enclave/boundary/host_state.h"
#include "enclave/entry/ethread.h"
#include "enclave/entry/vector.h"
#include "enclave/process/signal.h"
#include "enclave/sched/sched.h"

namespace scone::entry {

bool return_to_program(UserFrame& frame) {
  sched::Lthread& thread = sched::current();
  for (;;) {
    if (boundary::ending()) [[unlikely]] sched::exit_current();
    if (process::needs_delivery(thread)) [[unlikely]] {
      process::deliver_pending(frame);
      continue;
    }
    sched::after_wakeups();
    if (!this_ethread().need_resched) [[likely]] break;
    this_ethread().need_resched = 0;
    sched::yield_to_events();
  }
  restore_vector(thread);
  return frame.flags & kFrameFullRestore;
}

}  // namespace scone::entry
