#include "enclave/sched/idle.h"

#include <atomic>
#include <bit>

#include "enclave/boundary/events.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/round.h"
#include "enclave/entry/ethread.h"

namespace scone::sched {
namespace {

// Bit per ethread that sleeps, or is about to and will look for work once more. Ethreads that have not been started yet count as
// sleeping: waking one starts it.
std::atomic<uint64_t> g_idle{~uint64_t{1}};

}  // namespace

void idle(uint64_t deadline_ns) {
  const uint64_t bit = uint64_t{1} << entry::this_ethread().number;
  g_idle.fetch_or(bit);
  // Work queued before the bit was visible woke nobody: look again. The host keeps a wake-up that comes before the sleep.
  // What others have to do does not keep this one's posted calls from leaving.
  if (boundary::posted() > 0 || !work_available()) boundary::wait_for_events(deadline_ns);
  g_idle.fetch_and(~bit);
}

std::optional<unsigned> claim_idle_ethread() {
  const uint64_t existing = (uint64_t{1} << boundary::start_info().ethreads) - 1;
  uint64_t sleeping = g_idle.load() & existing;
  while (sleeping) {
    const auto number = static_cast<unsigned>(std::countr_zero(sleeping));
    if (g_idle.fetch_and(~(uint64_t{1} << number)) >> number & 1) return number;
    sleeping = g_idle.load() & existing;
  }
  return std::nullopt;
}

}  // namespace scone::sched
