#include "enclave/time/clock.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/time_types.h>

#include <atomic>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/process/own_ids.h"
#include "enclave/process/thread_list.h"
#include "enclave/sched/clock.h"
#include "enclave/sched/clock_page.h"
#include "enclave/time/duration.h"
#include "enclave/time/page_clocks.h"

namespace scone::time {
namespace {

std::atomic<uint64_t> g_last_cpu{0};

// The host's word, except that it cannot make the clock run backwards.
Result<uint64_t> process_cpu_time() {
  auto buffer = TRY(HostBuffer::allocate(sizeof(__kernel_timespec)));
  TRY(host_call(__NR_clock_gettime, kProcessCpu, buffer.address()));
  auto ns = ns_from(buffer.get<__kernel_timespec>(0));
  if (!ns.ok()) boundary::host_violation("clock_gettime: not a time");
  uint64_t last = g_last_cpu.load(std::memory_order_relaxed);
  while (ns.value() > last)
    if (g_last_cpu.compare_exchange_weak(last, ns.value(), std::memory_order_relaxed)) return ns.value();
  return last;
}

// A negative clock number holds the complement of a pid or tid above three bits: 4 says "thread", and the lowest
// two which time (all of it, user, virtual …). Zero means oneself.
bool is_own_cpu_clock(int clock) {
  if (clock >= 0) return clock == kProcessCpu || clock == kThreadCpu;
  if ((clock & 3) == 3) return false;
  const int id = ~(clock >> 3);
  const bool of_thread = clock & 4;
  if (id == 0) return true;
  return of_thread ? static_cast<bool>(process::threads().find(id)) : id == process::own_pid();
}

}  // namespace

Result<uint64_t> read(int clock) {
  if (const auto timeline = timeline_of(clock)) return sched::clock_page().read(*timeline);
  if (!is_own_cpu_clock(clock)) return Errno(EINVAL);
  return process_cpu_time();
}

Result<void> check(int clock) {
  if (!timeline_of(clock) && !is_own_cpu_clock(clock)) return Errno(EINVAL);
  return ok();
}

Result<uint64_t> deadline(int clock, uint64_t ns, bool absolute) {
  const bool can_wait = clock == kRealtime || clock == kMonotonic || clock == kBoottime || clock == kTai;
  if (!can_wait) {
    TRY(check(clock));
    return Errno(EOPNOTSUPP);
  }
  if (absolute && clock == kMonotonic) return ns;
  const uint64_t now = sched::now_ns();
  if (!absolute) return add(now, ns);
  const uint64_t then = TRY(read(clock));
  return ns > then ? add(now, ns - then) : now;
}

}  // namespace scone::time
