#include "enclave/sched/idle.h"

#include <atomic>
#include <bit>

#include "base/min_max.h"
#include "enclave/boundary/events.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/round.h"
#include "enclave/entry/ethread.h"
#include "enclave/sched/duty.h"
#include "enclave/sched/timer.h"

namespace scone::sched {
namespace {

// Bit per ethread that sleeps, or is about to and will look for work once more. Ethreads that have not been started yet count as
// sleeping: waking one starts it.
std::atomic<uint64_t> g_idle{~uint64_t{1}};

uint64_t existing_ethreads() { return (uint64_t{1} << boundary::start_info().ethreads) - 1; }

// Precondition: this ethread's bit is set. No thread runs elsewhere, and who comes back hands what there is to do to this one, which is
// woken for it.
bool does_all() {
  if (entry::this_ethread().number != 0) return false;
  // Work is looked for last: who fell asleep before that look may have queued some before.
  return boundary::start_info().ethreads == 1 ||
         (ethreads_wanted() == 1 && !another_is_awake() && !work_available());
}

}  // namespace

void idle(uint64_t deadline_ns) {
  const uint64_t bit = uint64_t{1} << entry::this_ethread().number;
  g_idle.fetch_or(bit);
  // Work queued before the bit was visible woke nobody: look again. The host keeps a wake-up that comes before the sleep.
  // What others have to do does not keep this one's posted calls from leaving.
  // The same for timers.
  if (boundary::posted() > 0 || !work_available())
    boundary::wait_for_events(min_of(deadline_ns, next_timer()), does_all());
  g_idle.fetch_and(~bit);
}

void stand_by() {
  const uint64_t bit = uint64_t{1} << entry::this_ethread().number;
  g_idle.fetch_or(bit);
  // Who did not see the bit yet may have wanted this one. As above, a wake-up that comes before the sleep is kept.
  if (boundary::posted() > 0 || ethreads_wanted() <= entry::this_ethread().number)
    boundary::wait_for_wake_up();
  g_idle.fetch_and(~bit);
}

bool is_idle(unsigned number) { return g_idle.load(std::memory_order_relaxed) >> number & 1; }

bool another_is_awake() {
  const uint64_t own = uint64_t{1} << entry::this_ethread().number;
  return (~g_idle.load() & existing_ethreads() & ~own) != 0;
}

std::optional<unsigned> claim_idle_ethread(uint32_t limit) {
  const uint64_t wanted = existing_ethreads() & ((uint64_t{1} << limit) - 1);
  uint64_t sleeping = g_idle.load() & wanted;
  while (sleeping) {
    const auto number = static_cast<unsigned>(std::countr_zero(sleeping));
    if (g_idle.fetch_and(~(uint64_t{1} << number)) >> number & 1) return number;
    sleeping = g_idle.load() & wanted;
  }
  return std::nullopt;
}

}  // namespace scone::sched
