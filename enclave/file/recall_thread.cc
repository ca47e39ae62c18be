#include "enclave/file/recall_thread.h"

#include <atomic>

#include "enclave/boundary/events.h"
#include "enclave/entry/new_thread.h"
#include "enclave/file/delegation.h"
#include "enclave/sched/sched.h"

namespace scone::file {
namespace {

std::atomic<bool> g_started{false}, g_wanted{false};
std::atomic<sched::Lthread*> g_thread{nullptr};

[[noreturn]] void recall_now_and_then() {
  for (;;) {
    while (!g_wanted.exchange(false)) sched::park();
    recall_all_delegations();
  }
}

}  // namespace

bool start_recall_thread() {
  if (g_thread.load()) return true;
  if (g_started.exchange(true)) return false;  // another thread is at it
  Result<Ref<sched::Lthread>> thread = sched::Lthread::create(0);
  if (!thread.ok()) {
    g_started.store(false);
    return false;
  }
  entry::start_in_runtime(*thread.value(), &recall_now_and_then);
  g_thread.store(thread.value().get());
  sched::start(*thread.take().release());
  return true;
}

bool recall_is_due() { return g_wanted.load(std::memory_order_relaxed) || boundary::lease_break_waits(); }

void recall_delegations() {
  g_wanted.store(true);
  if (sched::Lthread* thread = g_thread.load()) sched::unpark(*thread);
}

}  // namespace scone::file
