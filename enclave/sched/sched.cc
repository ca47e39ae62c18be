#include "enclave/sched/sched.h"

#include <utility>

#include "enclave/boundary/events.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/round.h"
#include "enclave/boundary/slots.h"
#include "enclave/entry/fs_base.h"
#include "enclave/entry/vector.h"
#include "enclave/process/signal.h"
#include "enclave/sched/duty.h"
#include "enclave/sched/idle.h"
#include "enclave/sched/run_queue.h"

extern "C" void switch_context(uint64_t* save_rsp, uint64_t load_rsp);

namespace scone::sched {
namespace {

constinit RunQueue g_queues[abi::kMaxEthreads];
constinit uint32_t g_seen_pops[abi::kMaxEthreads][abi::kMaxEthreads] = {};  // row: one ethread's own

RunQueue& own_queue() { return g_queues[entry::this_ethread().number]; }

// A thread became runnable: queue it here. Waking another ethread costs an exit, so it waits until the current thread goes back to
// the program (after_wakeups); if that parks instead, this ethread takes the new one itself.
void make_runnable(Lthread& thread) {
  own_queue().push(thread);
  entry::this_ethread().wake_wanted = 1;
}

// Threads that this ethread has to itself make their calls together, so an ethread whose threads all wait for posted calls rather leaves
// for those than takes others' threads, which are used to another cache; but it evens out a difference.
uint32_t surplus_of(uint64_t victim) {
  const uint32_t theirs = g_queues[victim].size();
  const auto own = static_cast<uint32_t>(boundary::posted());
  return theirs > own ? (theirs - own) / 2 : 0;
}

// It takes all it can get from one that has taken no thread since this one last looked: that is busy or outside.
uint32_t wanted_from(uint64_t victim) {
  uint32_t& seen = g_seen_pops[entry::this_ethread().number][victim];
  const bool stands_still = seen == g_queues[victim].pops();
  seen = g_queues[victim].pops();
  const bool all = stands_still || boundary::posted() == 0;
  return all ? (g_queues[victim].size() + 1) / 2 : surplus_of(victim);
}

Lthread* steal_from(uint64_t victim) {
  if (g_queues[victim].empty()) return nullptr;
  uint32_t wanted = wanted_from(victim);
  Lthread* first = wanted > 0 ? g_queues[victim].pop() : nullptr;
  while (first && --wanted > 0) {
    Lthread* thread = g_queues[victim].pop();
    if (!thread) break;
    own_queue().push(*thread);
  }
  return first;
}

Lthread* pick() {
  if (Lthread* thread = own_queue().pop()) return thread;
  const uint64_t self = entry::this_ethread().number;
  const uint64_t count = boundary::start_info().ethreads;
  for (uint64_t i = 1; i < count; ++i)
    if (Lthread* thread = steal_from((self + i) % count)) return thread;
  return nullptr;
}

// The first ethread, which is always on duty, takes over: the threads, and if `timers` what it cannot know of them if it sleeps already.
void hand_over(bool timers) {
  bool news = timers;
  while (Lthread* thread = own_queue().pop()) {
    g_queues[0].push(*thread);
    news = true;
  }
  if (news && claim_idle_ethread(1)) boundary::wake_ethread(0);
}

// What becomes of a thread that has just left the processor. Only here, with its context saved, may others run it.
void settle(Lthread& thread) {
  ThreadState state = ThreadState::kParking;
  if (thread.state.load(std::memory_order_acquire) == ThreadState::kDead) {
    if (thread.unref()) delete &thread;
    return;
  }
  if (thread.state.compare_exchange_strong(state, ThreadState::kParked, std::memory_order_acq_rel)) return;
  // kRunning: it yielded. kNotified: unparked on its way out, or while it yielded: then the token is for its next park.
  if (thread.state.exchange(ThreadState::kRunnable) == ThreadState::kNotified) thread.notified_while_queued.store(true);
  own_queue().push(thread);
}

void run(entry::Ethread& ethread, Lthread& thread) {
  // seq_cst pairs with unpark(): either it sees kRunning, or this sees its token.
  thread.state.store(ThreadState::kRunning, std::memory_order_seq_cst);
  if (thread.notified_while_queued.exchange(false)) unpark(thread);
  thread.last_ethread = ethread.number;
  ethread.current = &thread;
  ethread.kernel_stack = thread.kernel_stack_top();
  ++ethread.switches;
  entry::write_fs_base(thread.fs_base);
  switch_context(&ethread.scheduler_rsp, thread.saved_rsp);
  ethread.current = nullptr;
  // Once it is settled another ethread may run it, and leave before this one.
  if (ethread.effects_wait && boundary::start_info().ethreads > 1) [[unlikely]]
    boundary::flush_effects();
  settle(thread);
}

// From the current thread's stack to the scheduler's; returns when the thread runs again, maybe on another ethread.
void switch_to_scheduler() {
  Lthread& thread = current();
  entry::save_vector_for_switch(thread);
  thread.fs_base = entry::read_fs_base();
  switch_context(&thread.saved_rsp, entry::this_ethread().scheduler_rsp);
}

void wake_by_deadline(Timer& timer);

// A park's deadline; lives on the parked thread's stack.
class Deadline : public Timer {
 public:
  explicit Deadline(Lthread& thread) : Timer(&wake_by_deadline), thread(thread) {}
  Lthread& thread;
};

void wake_by_deadline(Timer& timer) { unpark(static_cast<Deadline&>(timer).thread); }

void leave_processor() {
  Lthread& thread = current();
  ThreadState running = ThreadState::kRunning;
  if (!thread.state.compare_exchange_strong(running, ThreadState::kParking, std::memory_order_acq_rel)) {
    thread.state.store(ThreadState::kRunning, std::memory_order_release);  // was kNotified: consume it
    return;
  }
  switch_to_scheduler();
}

}  // namespace

void park(uint64_t deadline_ns) {
  if (held_ranks() != 0) boundary::panic("park with a spin lock held");
  if (deadline_ns == kNever) return leave_processor();
  Deadline deadline(current());
  deadline.arm(deadline_ns);
  leave_processor();
}

void unpark(Lthread& thread) {
  ThreadState state = thread.state.load(std::memory_order_acquire);
  for (;;) {
    switch (state) {
      case ThreadState::kParked:
        if (!thread.state.compare_exchange_weak(state, ThreadState::kRunnable, std::memory_order_acq_rel)) continue;
        return make_runnable(thread);
      case ThreadState::kRunning:
      case ThreadState::kParking:
        if (!thread.state.compare_exchange_weak(state, ThreadState::kNotified, std::memory_order_acq_rel)) continue;
        return;
      case ThreadState::kRunnable:
        // Either woken already, and will see the new state of things when it returns from park(); or it yielded (or is new)
        // and is not in park(): then the token must survive until its next one.
        thread.notified_while_queued.store(true);
        state = thread.state.load();
        if (state == ThreadState::kRunnable) return;
        continue;
      case ThreadState::kNotified:
      case ThreadState::kDead:
        return;
    }
  }
}

void yield() {
  // Who yields in a loop may wait for a thread whose system call a helper has finished.
  boundary::collect_completions();
  if (own_queue().empty()) return;
  switch_to_scheduler();
}

void yield_to_events() {
  boundary::wait_for_events(0);
  boundary::collect_completions();
  boundary::take_signals();
  boundary::take_lease_breaks();
  run_timers();
  if (!own_queue().empty() || work_available()) switch_to_scheduler();
}

void start(Lthread& thread) {
  thread.state.store(ThreadState::kRunnable, std::memory_order_release);
  make_runnable(thread);
}

void exit_current() {
  current().state.store(ThreadState::kDead, std::memory_order_release);
  uint64_t unused;
  switch_context(&unused, entry::this_ethread().scheduler_rsp);
  __builtin_unreachable();
}

bool others_will_call() {
  if (!own_queue().empty()) return !own_queue().has_computing();
  const uint64_t count = boundary::start_info().ethreads;
  for (uint64_t i = 0; i < count; ++i)
    if (surplus_of(i) > 0 && !g_queues[i].has_computing()) return true;
  return false;
}

bool interrupted() { return current().signals.signal_waits() && process::pending_unblocked(current()); }

void after_wakeups() {
  entry::Ethread& ethread = entry::this_ethread();
  if (!ethread.wake_wanted) [[likely]] return;
  if (!own_queue().empty() && boundary::start_info().ethreads > 1) {
    const uint32_t wanted = note_turn(ethread);
    if (wanted == 1) return;  // asked again at the next return: the threads may have waited for long by then
    if (const auto sleeper = claim_idle_ethread(wanted)) boundary::wake_ethread(*sleeper);
  }
  ethread.wake_wanted = 0;
}

void run_ethread() {
  entry::Ethread& ethread = entry::this_ethread();
  bool ran = false;
  bool armed = false;  // maybe: threads have run here since the first ethread was last told of timers
  while (!boundary::ending()) {
    ethread.need_resched = 0;
    boundary::take_signals();
    boundary::take_lease_breaks();
    boundary::collect_completions();
    const uint64_t next = run_timers();
    armed |= ran;
    const bool stays = on_duty(ethread, std::exchange(ran, false));
    if (!stays) {
      hand_over(std::exchange(armed, false) && next != kNever);
      stand_by();
      continue;
    }
    Lthread* thread = pick();
    if (!thread) {
      idle(next);
      continue;
    }
    // Not to keep the world waiting for what a thread did that computes from here on.
    if (ethread.effects_wait) [[unlikely]]
      boundary::flush_effects();
    after_wakeups();
    run(ethread, *thread);
    ran = true;
  }
  for (;;) boundary::leave(abi::ExitReason::kIdle);  // the host is ending the process
}

bool work_available() {
  const uint64_t count = boundary::start_info().ethreads;
  for (uint64_t i = 0; i < count; ++i)
    if (!g_queues[i].empty()) return true;
  return false;
}

}  // namespace scone::sched
