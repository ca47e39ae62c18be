#include "enclave/boundary/slots.h"

#include <atomic>

#include "abi/border.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/round.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/sched.h"

namespace scone::boundary {
namespace {

// The enclave's record of a slot.
struct Shadow {
  uint64_t generation = 0;
  sched::Lthread* thread = nullptr;  // in flight for this thread; nullptr: free
  int64_t result = 0;
  std::atomic<bool> done{false};
};

sched::SpinLock g_lock{sched::LockRank::kSlots};
Shadow g_shadows[abi::kSlots];  // guarded by g_lock, except done
uint64_t g_requests_posted;     // guarded by g_lock
uint64_t g_completions_taken;   // guarded by g_lock
std::atomic<uint32_t> g_under_way;  // written under g_lock: requests without completion

HostPtr<abi::Slot> slot_at(uint64_t index) {
  return HostPtr<abi::Slot>::unchecked(shared_area().address() + offsetof(abi::SharedArea, slots) +
                                       index * sizeof(abi::Slot));
}

void write_request(uint64_t index, const CallArguments& call, uint64_t generation) {
  HostPtr<abi::Slot> slot = slot_at(index);
  slot.field(&abi::Slot::call_number).store(call.number);
  auto arguments = HostPtr<uint64_t>::unchecked(slot.address() + offsetof(abi::Slot, call_args));
  for (int i = 0; i < 6; ++i) (arguments + i).store(call.arguments[i]);
  slot.field(&abi::Slot::generation).store(generation);
  slot.field(&abi::Slot::state).store(static_cast<uint64_t>(abi::SlotState::kPosted));
}

// Returns kSlots when all are taken.
uint64_t post(const CallArguments& call, sched::Lthread& thread) {
  sched::SpinGuard guard(g_lock);
  uint64_t index = 0;
  while (index < abi::kSlots && g_shadows[index].thread) ++index;
  if (index == abi::kSlots) return index;
  Shadow& shadow = g_shadows[index];
  shadow.thread = &thread;
  shadow.done.store(false, std::memory_order_relaxed);
  ++shadow.generation;
  g_under_way.store(g_under_way.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  write_request(index, call, shadow.generation);
  auto ring = HostPtr<uint64_t>::unchecked(shared_area().address() + offsetof(abi::SharedArea, requests));
  (ring + g_requests_posted % abi::kSlots).store(shadow.generation << 16 | index);
  // A full barrier: the posting must be visible before helpers_polling is looked at.
  (void)shared_area().field(&abi::SharedArea::request_tail).exchange(++g_requests_posted);
  return index;
}

// Called with g_lock held. Returns the thread to wake, with a reference.
sched::Lthread* complete(uint64_t value) {
  const uint64_t index = value & 0xffff;
  if (index >= abi::kSlots) host_violation("completion of a slot that does not exist");
  Shadow& shadow = g_shadows[index];
  if (!shadow.thread || shadow.done.load(std::memory_order_relaxed) || shadow.generation != value >> 16)
    host_violation("completion of a call that is not under way");
  shadow.result = slot_at(index).field(&abi::Slot::call_result).load();
  g_under_way.store(g_under_way.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  // The thread may end right after `done`.
  sched::Lthread* thread = shadow.thread;
  thread->ref();
  shadow.done.store(true, std::memory_order_release);
  return thread;
}

}  // namespace

int64_t call_through_slot(const CallArguments& call, bool interruptible) {
  sched::Lthread& thread = sched::current();
  uint64_t index;
  while ((index = post(call, thread)) == abi::kSlots) sched::park(sched::now_ns() + 1'000'000);
  if (shared_area().field(&abi::SharedArea::helpers_polling).load() == 0) runner_call(abi::RunnerCall::kWakeHelpers);
  Shadow& shadow = g_shadows[index];
  bool cancelled = false;
  while (!shadow.done.load(std::memory_order_acquire)) {
    // A cancelled call may have been about to block: repeat the request until the helper has answered.
    if (interruptible && sched::interrupted()) {
      runner_call(abi::RunnerCall::kCancelSlot, index);
      cancelled = true;
    }
    sched::park(cancelled ? sched::now_ns() + 10'000'000 : sched::kNever);
  }
  const int64_t result = shadow.result;
  sched::SpinGuard guard(g_lock);
  shadow.thread = nullptr;
  return result;
}

bool collect_completions() {
  if (g_under_way.load(std::memory_order_relaxed) == 0) return false;  // the usual case costs no lock
  auto ring = HostPtr<abi::Completion>::unchecked(shared_area().address() + offsetof(abi::SharedArea, completions));
  bool any = false;
  for (;;) {
    sched::Lthread* thread = nullptr;
    {
      sched::SpinGuard guard(g_lock);
      auto entry = ring + g_completions_taken % abi::kSlots;
      if (entry.field(&abi::Completion::sequence).load_acquire() != g_completions_taken + 1) return any;
      const uint64_t value = entry.field(&abi::Completion::value).load();
      ++g_completions_taken;
      thread = complete(value);
    }
    note_news();
    sched::unpark(*thread);
    if (thread->unref()) delete thread;
    any = true;
  }
}

}  // namespace scone::boundary
