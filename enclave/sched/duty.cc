#include "enclave/sched/duty.h"

#include "base/min_max.h"
#include "enclave/boundary/host_state.h"
#include "enclave/entry/ethreads.h"
#include "enclave/sched/crew.h"
#include "enclave/sched/idle.h"
#include "enclave/sched/lthread.h"
#include "enclave/sched/tsc.h"

namespace scone::sched {
namespace {

constinit Crew g_crew;
std::atomic<bool> g_observing{false};
// Longer than many calls of one crossing take.
constexpr uint64_t kHeldUp = 10 * Crew::kLongRun;

void add(std::atomic<uint64_t>& own, uint64_t more) {
  own.store(own.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

uint64_t in_this_turn(const entry::Ethread& ethread, uint64_t now) {
  const uint64_t turn = now - ethread.looked_at.load(std::memory_order_relaxed);
  return static_cast<int64_t>(turn) > 0 ? turn : 0;
}

// Its threads would wait for it though this ethread is at hand: it computes, or waits for a slow call of the host.
bool leader_is_held_up(uint64_t now) {
  const entry::Ethread* leader = entry::all_ethreads[0].load(std::memory_order_acquire);
  return leader && !is_idle(0) && in_this_turn(*leader, now) >= kHeldUp;
}

Crew::Load total_load() {
  Crew::Load load{};
  entry::for_each_ethread([&](const entry::Ethread& ethread) {
    load.calls += ethread.calls.load(std::memory_order_relaxed);
    load.waited += ethread.waited.load(std::memory_order_relaxed);
  });
  return load;
}

void observe(uint64_t now) {
  if (!g_crew.due(now) || g_observing.exchange(true, std::memory_order_acquire)) return;
  if (g_crew.due(now)) g_crew.observe(now, total_load());
  g_observing.store(false, std::memory_order_release);
}

}  // namespace

bool on_duty(entry::Ethread& ethread, bool ran) {
  const uint64_t ethreads = boundary::start_info().ethreads;
  if (ethreads == 1) return true;
  const uint64_t now = read_tsc();
  // The first turn: nothing is known yet of what the program will do.
  if (ethread.number == 0 && ethread.looked_at.load(std::memory_order_relaxed) == 0) {
    g_crew.set_most(static_cast<uint32_t>(ethreads));
    g_crew.note_computing(now);
  }
  if (ran && in_this_turn(ethread, now) >= Crew::kLongRun && (work_available() || another_is_awake()))
    g_crew.note_long_run(now);
  ethread.looked_at.store(now, std::memory_order_relaxed);
  observe(now);
  if (ethread.number < g_crew.size(now)) return true;
  if (!leader_is_held_up(now)) return false;
  g_crew.note_computing(now);
  return true;
}

uint32_t note_turn(entry::Ethread& ethread) {
  if (g_crew.most() == 1) return 1;
  const uint64_t now = read_tsc();
  if (in_this_turn(ethread, now) >= Crew::kLongRun) {
    ethread.looked_at.store(now, std::memory_order_relaxed);  // counts once
    const bool seen_by_tick = ethread.current && ethread.current->ticks_without_call > 0;
    seen_by_tick ? g_crew.note_computing(now) : g_crew.note_long_run(now);
  }
  return g_crew.size(now);
}

uint32_t ethreads_wanted() { return g_crew.most() == 1 ? 1 : g_crew.size(read_tsc()); }

void note_return(entry::Ethread& ethread, uint64_t left_at) {
  if (g_crew.most() > 1) add(ethread.looked_at, read_tsc() - left_at);
}

void note_wait(entry::Ethread& ethread, uint64_t waited) {
  if (g_crew.most() == 1) return;
  add(ethread.waited, min_of(waited, Crew::kWindow));
}

}  // namespace scone::sched
