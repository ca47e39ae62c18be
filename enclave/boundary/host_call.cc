#include "enclave/boundary/host_call.h"

#include "abi/border.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/round.h"
#include "enclave/boundary/slots.h"
#include "enclave/process/restart.h"
#include "enclave/sched/sched.h"
#include "enclave/syscall/statistics.h"

namespace scone::boundary {
namespace {

constexpr int64_t kMaxErrno = 4095;

int64_t call_by_exit(const CallArguments& call) {
  auto area = area_of(entry::this_ethread());
  area.field(&abi::EthreadArea::call_number).store(call.number);
  auto arguments = HostPtr<uint64_t>::unchecked(area.address() + offsetof(abi::EthreadArea, call_args));
  for (int i = 0; i < 6; ++i) (arguments + i).store(call.arguments[i]);
  leave(abi::ExitReason::kHostCall);
  return area.field(&abi::EthreadArea::call_result).load();
}

// For the statistics: which of the program's calls needed the host.
void count() {
  if (sched::Lthread* thread = entry::this_ethread().current) syscall::count_forwarded(thread->call_number);
}

// The scheduler has no thread to park, and a thread that holds the processor to itself gains nothing from a helper.
bool use_helper() {
  return (start_info().flags & abi::kFlagThreadsEngine) != 0 && entry::this_ethread().current != nullptr;
}

// While other threads can run, the call waits for their calls, so that one exit serves all of them. Threads that compute may not want to
// leave for long, so they are not waited for.
bool use_round() { return batching() && entry::this_ethread().current != nullptr && sched::others_will_call(); }

int64_t raw_call(const CallArguments& call) {
  if (use_helper()) return call_through_slot(call, false);
  return use_round() ? call_by_post(call) : call_by_exit(call);
}

}  // namespace

Result<uint64_t> check_result(int64_t result) {
  if (result >= 0) return static_cast<uint64_t>(result);
  if (result < -kMaxErrno) host_violation("a result that no kernel returns");
  // Restart codes are the kernel's own affair; it never shows them.
  if (result <= -process::kRestartSys && result >= -process::kRestartBlock)
    host_violation("a restart code as result");
  return Errno(static_cast<int>(-result));
}

Result<uint64_t> host_call(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                           uint64_t a5) {
  count();
  return check_result(raw_call({number, {a0, a1, a2, a3, a4, a5}}));
}

void host_calls(std::span<const CallArguments> calls, std::span<int64_t> results) {
  static_assert(kMaxCalls == kMaxTogether);
  count();
  if (calls.size() > 1 && batching() && !use_helper() && entry::this_ethread().current)
    return call_together(calls, results, &raw_call);
  for (size_t i = 0; i < calls.size(); ++i) results[i] = raw_call(calls[i]);
}

void host_calls_now(std::span<const CallArguments> calls, std::span<int64_t> results) {
  count();
  call_together(calls, results, &call_by_exit);
}

bool calls_wait_for_company() { return use_round(); }

Result<uint64_t> host_call_now(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                               uint64_t a5) {
  count();
  const CallArguments call{number, {a0, a1, a2, a3, a4, a5}};
  return check_result(use_helper() ? call_through_slot(call, false) : call_by_exit(call));
}

Result<uint64_t> host_call_blocking(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                    uint64_t a5) {
  count();
  flush_effects();
  auto result = check_result(call_through_slot({number, {a0, a1, a2, a3, a4, a5}}, true));
  if (!result.ok() && result.error() == Errno(EINTR)) return Errno(process::kRestartSys);
  return result;
}

uint64_t check_count(uint64_t result, uint64_t limit) {
  if (result > limit) host_violation("more bytes than were asked for");
  return result;
}

}  // namespace scone::boundary
