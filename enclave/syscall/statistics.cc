#include "enclave/syscall/statistics.h"

#include <atomic>

#include "abi/border.h"
#include "enclave/boundary/host_state.h"
#include "enclave/entry/ethreads.h"
#include "enclave/mm/program.h"
#include "enclave/sched/lthread.h"

namespace scone::syscall {
namespace {

// Ethreads that count in the same place wait for each other's cache lines, so a few have places of their own. Where more
// share one, an increment may be lost.
struct Counter {
  std::atomic<uint64_t> calls, forwarded, trapped;
};
constexpr uint64_t kPlaces = 4;
Counter g_counters[kPlaces][abi::kStatsCalls];
std::atomic<uint64_t> g_sites_rewritten, g_sites_trapping;

Counter& counter_of(uint64_t number) { return g_counters[entry::this_ethread().number % kPlaces][number]; }

uint64_t sum(uint64_t number, std::atomic<uint64_t> Counter::*field) {
  uint64_t total = 0;
  for (const auto& place : g_counters) total += (place[number].*field).load();
  return total;
}

void increment(std::atomic<uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

using boundary::HostPtr;

void report_calls(uint64_t block) {
  auto put = [block](size_t offset, uint64_t number, uint64_t value) {
    HostPtr<uint64_t>::unchecked(block + offset + number * 8).store(value);
  };
  for (uint64_t number = 0; number < abi::kStatsCalls; ++number) {
    const uint64_t calls = sum(number, &Counter::calls);
    uint64_t forwarded = sum(number, &Counter::forwarded);
    if (forwarded > calls) forwarded = calls;
    put(offsetof(abi::StatsBlock, served_inside), number, calls - forwarded);
    put(offsetof(abi::StatsBlock, forwarded), number, forwarded);
    put(offsetof(abi::StatsBlock, trapped), number, sum(number, &Counter::trapped));
  }
}

}  // namespace

void count_call(uint64_t number) {
  if (number >= abi::kStatsCalls) return;
  increment(counter_of(number).calls);
  sched::current().call_forwarded = false;
}

void count_forwarded(uint64_t number) {
  sched::Lthread& thread = sched::current();
  if (number >= abi::kStatsCalls || thread.call_forwarded) return;
  thread.call_forwarded = true;
  increment(counter_of(number).forwarded);
}

void count_trap(uint64_t number) {
  if (number < abi::kStatsCalls) increment(counter_of(number).trapped);
}

void count_sites(uint64_t rewritten, uint64_t trapping) {
  g_sites_rewritten.fetch_add(rewritten);
  g_sites_trapping.fetch_add(trapping);
}

void report_statistics() {
  const abi::StartInfo& info = boundary::start_info();
  if (!(info.flags & abi::kFlagStats)) return;
  report_calls(info.stats);
  auto block = HostPtr<abi::StatsBlock>::unchecked(info.stats);
  uint64_t exits = 0, exceptions = 0, ticks = 0, switches = 0;
  entry::for_each_ethread([&](const entry::Ethread& ethread) {
    exits += ethread.exits;
    exceptions += ethread.exceptions;
    ticks += ethread.ticks;
    switches += ethread.switches;
  });
  block.field(&abi::StatsBlock::sites_rewritten).store(g_sites_rewritten.load());
  block.field(&abi::StatsBlock::sites_trapping).store(g_sites_trapping.load());
  block.field(&abi::StatsBlock::exits).store(exits);
  block.field(&abi::StatsBlock::exceptions).store(exceptions);
  block.field(&abi::StatsBlock::ticks).store(ticks);
  block.field(&abi::StatsBlock::switches).store(switches);
  block.field(&abi::StatsBlock::page_faults).store(mm::program().faults());
  block.field(&abi::StatsBlock::program_pages).store(mm::program().committed_pages());
}

}  // namespace scone::syscall
