#include "enclave/sched/futex.h"

#include <linux/errno.h>

#include <atomic>

#include "base/intrusive_list.h"
#include "enclave/process/restart.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/sched.h"

namespace scone::sched {
namespace {

// On the waiting thread's stack.
struct FutexWaiter : ListNode<FutexWaiter> {
  uint64_t address;
  uint32_t bits;
  Lthread* thread;
  std::atomic<bool> woken{false};
};

constexpr unsigned kBuckets = 256;
// One lock for all buckets: critical sections are short, and a requeue needs two of them.
constinit SpinLock g_lock{LockRank::kFutex};
constinit IntrusiveList<FutexWaiter> g_buckets[kBuckets];  // guarded by g_lock

IntrusiveList<FutexWaiter>& bucket_of(uint64_t address) {
  return g_buckets[(address >> 2) * 0x9e3779b97f4a7c15 >> 56];
}

// Lock held. The waiter must not be touched afterwards: its thread may be gone.
void wake(FutexWaiter& waiter) {
  Lthread& thread = *waiter.thread;
  waiter.unlink();
  thread.ref();
  waiter.woken.store(true, std::memory_order_release);
  unpark(thread);
  if (thread.unref()) delete &thread;
}

// Takes the waiter out of its queue. True if it had been woken before.
bool leave_queue(FutexWaiter& waiter) {
  SpinGuard guard(g_lock);
  waiter.unlink();
  return waiter.woken.load(std::memory_order_relaxed);
}

}  // namespace

Result<void> futex_wait(AppPtr<uint32_t> word, uint32_t expected, uint32_t bits, uint64_t deadline_ns) {
  FutexWaiter waiter;
  waiter.address = word.address();
  waiter.bits = bits;
  waiter.thread = &current();
  {
    SpinGuard guard(g_lock);
    bucket_of(waiter.address).push_back(waiter);
  }
  // The word is read while standing in the queue, as reading may fault and block: a wake-up between the read and park()
  // is then not lost. Whoever was woken has taken a wake-up and must say so, whatever the word holds.
  auto value = boundary::read_app(word);
  if (!value.ok() || value.value() != expected) {
    if (leave_queue(waiter)) return ok();
    return value.ok() ? Errno(EAGAIN) : value.error();
  }
  while (!waiter.woken.load(std::memory_order_acquire)) {
    const bool signal = interrupted();
    const bool late = deadline_ns != kNever && now_ns() >= deadline_ns;
    if (signal || late) {
      if (leave_queue(waiter)) break;
      return Errno(signal ? process::kRestartSys : ETIMEDOUT);
    }
    park(deadline_ns);
  }
  // The waker still holds the lock while it unparks: wait until it has let go of this thread's stack.
  SpinGuard guard(g_lock);
  return ok();
}

uint32_t futex_wake(uint64_t address, uint32_t count, uint32_t bits) {
  uint32_t woken = 0;
  SpinGuard guard(g_lock);
  for (FutexWaiter& waiter : bucket_of(address)) {
    if (woken == count) break;
    if (waiter.address != address || !(waiter.bits & bits)) continue;
    wake(waiter);
    ++woken;
  }
  return woken;
}

uint32_t futex_requeue(uint64_t from, uint64_t to, uint32_t wake_count, uint32_t move_count) {
  uint32_t woken = 0, moved = 0;
  SpinGuard guard(g_lock);
  IntrusiveList<FutexWaiter> moving;
  for (FutexWaiter& waiter : bucket_of(from)) {
    if (waiter.address != from) continue;
    if (woken < wake_count) {
      wake(waiter);
      ++woken;
    } else if (moved < move_count) {
      waiter.unlink();
      waiter.address = to;
      moving.push_back(waiter);
      ++moved;
    } else {
      break;
    }
  }
  while (FutexWaiter* waiter = moving.pop_front()) bucket_of(to).push_back(*waiter);
  return woken + moved;
}

}  // namespace scone::sched
