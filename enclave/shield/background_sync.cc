#include "enclave/shield/background_sync.h"

#include <atomic>

#include "enclave/entry/new_thread.h"
#include "enclave/sched/sched.h"

namespace scone::shield {
namespace {

constexpr uint64_t kDelay = 5'000'000'000;  // ns; ext4's "commit" has the same default

using Sync = Result<void> (*)();

constinit Sync g_sync = nullptr;
std::atomic<bool> g_wanted{false};
std::atomic<sched::Lthread*> g_thread{nullptr};

[[noreturn]] void sync_now_and_then() {
  for (;;) {
    while (!g_wanted.exchange(false)) sched::park();
    for (const uint64_t end = sched::now_ns() + kDelay; sched::now_ns() < end;) sched::park(end);
    // Who syncs hears of errors; this has nobody to tell, but tries again.
    if (!g_sync().ok()) g_wanted.store(true);
  }
}

// Nobody else is at it. Without memory changes wait for whoever syncs.
void start_thread() {
  Result<Ref<sched::Lthread>> thread = sched::Lthread::create(0);
  if (!thread.ok()) return;
  entry::start_in_runtime(*thread.value(), &sync_now_and_then);
  g_thread.store(thread.value().get());
  sched::start(*thread.take().release());
}

}  // namespace

void set_background_sync(Result<void> (*sync)()) { g_sync = sync; }

void sync_soon() {
  static std::atomic<bool> started{false};
  if (g_wanted.load(std::memory_order_relaxed) || g_wanted.exchange(true)) return;
  if (!g_sync) return;
  if (!started.exchange(true)) start_thread();
  if (sched::Lthread* thread = g_thread.load()) sched::unpark(*thread);
}

}  // namespace scone::shield
