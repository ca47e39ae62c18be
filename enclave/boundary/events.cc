#include "enclave/boundary/events.h"

#include "abi/border.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/round.h"
#include "enclave/file/recall_thread.h"
#include "enclave/net/readiness.h"
#include "enclave/process/signal.h"
#include "enclave/sched/duty.h"

namespace scone::boundary {

void wait_for_events(uint64_t deadline_ns, bool alone) {
  auto area = area_of(entry::this_ethread());
  area.field(&abi::EthreadArea::idle_deadline_ns).store(deadline_ns);
  area.field(&abi::EthreadArea::event_count).store(0);
  area.field(&abi::EthreadArea::idle_alone).store(alone ? 1 : 0);
  leave(abi::ExitReason::kIdle);
  sched::note_wait(entry::this_ethread(), area.field(&abi::EthreadArea::waited_cycles).load());
  net::note_harvest();
  uint64_t count = area.field(&abi::EthreadArea::event_count).load();
  if (count > abi::kMaxReadyEvents) count = abi::kMaxReadyEvents;
  auto events = HostPtr<abi::ReadyEvent>::unchecked(area.address() + offsetof(abi::EthreadArea, events));
  for (uint64_t i = 0; i < count; ++i) {
    auto event = events + i;
    net::deliver(event.field(&abi::ReadyEvent::token).load(), event.field(&abi::ReadyEvent::events).load());
  }
}

void wait_for_wake_up() { leave(abi::ExitReason::kStandBy); }

void wake_ethread(uint64_t number) { runner_call(abi::RunnerCall::kWakeEthread, number); }

void take_signals() {
  auto pending = shared_area().field(&abi::SharedArea::pending_signals);
  if (pending.load() == 0) return;
  const uint64_t signals = pending.exchange(0);
  note_news();
  process::host_signals(signals);
}

bool lease_break_waits() { return shared_area().field(&abi::SharedArea::leases_wanted).load() != 0; }

void take_lease_breaks() {
  if (!lease_break_waits()) return;
  shared_area().field(&abi::SharedArea::leases_wanted).exchange(0);
  file::recall_delegations();
}

int master_epoll() { return static_cast<int>(start_info().epoll_fd); }

}  // namespace scone::boundary
