// Scheduling of user-level threads onto ethreads.
//
// Everything that waits is built on two calls with the semantics of a binary semaphore per thread: park() sleeps until an
// unpark() that came since the last park(); an unpark() before the park() is not lost. Wake-ups may be spurious:
// callers re-check their condition in a loop.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/sched/clock.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/lthread.h"
#include "enclave/sched/timer.h"

namespace scone::sched {

// Parks the current thread until unpark(), or until deadline_ns (CLOCK_MONOTONIC). No spin lock may be held.
// Signals posted to the thread unpark it as well; use interrupted() to tell.
void park(uint64_t deadline_ns = kNever);

// Makes `thread` runnable, or lets its next park() return at once. Any context, any locks below kRunQueue.
void unpark(Lthread& thread);

// Gives the ethread to another runnable thread, if there is one.
void yield();

// As yield(), but also looks at time and at the outside: for a thread that has used up its turn.
void yield_to_events();

// Puts a new thread into a run queue for the first time. Its saved_rsp is ready (entry/switch.h).
void start(Lthread& thread);

// Ends the current thread: never returns. Its kernel stack is freed by the scheduler.
[[noreturn]] void exit_current();

// The ethread's main loop: picks threads until the process ends.
[[noreturn]] void run_ethread();

// Wakes another ethread if threads made runnable here have to wait for this one. Before a return to the program.
void after_wakeups();

// True if a signal that is not blocked waits for the current thread: an interruptible wait ends with
// EINTR or a restart error (process/signal.h).
bool interrupted();

// True if threads wait for this ethread that will soon make system calls, as far as one can tell.
bool others_will_call();

}  // namespace scone::sched
