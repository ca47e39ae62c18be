#include "enclave/boundary/host_state.h"

#include <atomic>

#include "abi/layout.h"
#include "base/checked.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_clock.h"
#include "enclave/boundary/log.h"
#include "enclave/boundary/round.h"
#include "enclave/entry/fs_base.h"
#include "enclave/entry/vector.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/duty.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/tsc.h"

extern "C" void exit_to_host();

namespace scone::boundary {
namespace {

constinit abi::StartInfo g_start{};
std::atomic<bool> g_ending{false};

// One aligned 8-byte read for each field of a struct of 8-byte fields.
template <typename T>
T copy_words(HostPtr<uint64_t> from) {
  static_assert(sizeof(T) % 8 == 0);
  uint64_t words[sizeof(T) / 8];
  for (size_t i = 0; i < std::size(words); ++i) words[i] = (from + i).load();
  return __builtin_bit_cast(T, words);
}

// Both of them, or neither.
bool plausible_scf(const abi::StartInfo& info) {
  if (info.scf_size == 0) return info.scf == 0 && info.scf_key == 0 && info.scf_key_size == 0;
  return info.scf_size <= abi::kMaxScfSize && info.scf_key_size == abi::kScfKeySize &&
         is_host_range(info.scf, info.scf_size) && HostPtr<uint64_t>::at(info.scf_key, abi::kScfKeySize / 8).ok();
}

// There is no validated area yet to say anything through: leaving without a reason is the message.
[[noreturn]] void refuse_start() {
  for (;;) exit_to_host();
}

bool plausible(const abi::StartInfo& info, const entry::Ethread& ethread) {
  return info.version == abi::kBorderVersion && info.enclave_size == ethread.enclave_size && info.ethreads >= 1 &&
         info.ethreads <= ethread.ethreads && info.ethreads <= abi::kMaxEthreads && info.argc >= 1 &&
         info.arena_size >= (1 << 20) && info.strings_size <= (64 << 20) && info.cpuid_count <= 256 &&
         info.heap_limit <= info.enclave_size && info.pid < INT32_MAX && info.ppid < INT32_MAX &&
         HostPtr<abi::SharedArea>::at(info.shared_area).ok() &&
         HostPtr<abi::EthreadArea>::at(info.ethread_areas, info.ethreads).ok() &&
         HostPtr<uint64_t>::at(info.arena, info.arena_size / 8).ok() && is_host_range(info.strings, info.strings_size) &&
         HostPtr<abi::CpuidEntry>::at(info.cpuid, info.cpuid_count).ok() && HostPtr<abi::StatsBlock>::at(info.stats).ok() &&
         HostPtr<uint64_t>::at(info.receive_buffers, abi::kReceiveBuffers * abi::kReceiveBufferSize / 8).ok() &&
         plausible_scf(info);
}

}  // namespace

bool is_host_range(uint64_t address, uint64_t size) {
  return !range_touches(address, size, 0, entry::this_ethread().enclave_size);
}

void init_host_state(uint64_t address) {
  auto source = HostPtr<uint64_t>::at(address, sizeof(abi::StartInfo) / 8);
  if (!source.ok()) refuse_start();
  g_start = copy_words<abi::StartInfo>(source.value());
  if (!plausible(g_start, entry::this_ethread())) refuse_start();
  // A configured program has secrets: what it does is not the host's to see.
  if (g_start.scf_size != 0) g_start.flags &= ~uint64_t{abi::kFlagTrace};
}

void attach_ethread(entry::Ethread& ethread) {
  if (ethread.number >= g_start.ethreads) refuse_start();
  ethread.area = g_start.ethread_areas + ethread.number * sizeof(abi::EthreadArea);
}

const abi::StartInfo& start_info() { return g_start; }

HostPtr<abi::SharedArea> shared_area() { return HostPtr<abi::SharedArea>::unchecked(g_start.shared_area); }

HostPtr<abi::EthreadArea> area_of(entry::Ethread& ethread) { return HostPtr<abi::EthreadArea>::unchecked(ethread.area); }

void leave(abi::ExitReason reason, Carries carries) {
  entry::Ethread& ethread = entry::this_ethread();
  ++ethread.exits;
  area_of(ethread).field(&abi::EthreadArea::exit_reason).store(static_cast<uint64_t>(reason));
  // Whoever stops the enclave may stand anywhere, even with locks.
  const bool round = carries == Carries::kRound && reason != abi::ExitReason::kAbort && sched::held_ranks() == 0;
  if (round) begin_round(area_of(ethread));
  if (ethread.current) entry::save_vector_for_switch(*ethread.current);
  entry::scrub_vector();
  const uint64_t fs_base = entry::read_fs_base();
  const uint64_t left_at = sched::read_tsc();
  exit_to_host();
  sched::note_return(ethread, left_at);
  entry::write_fs_base(fs_base);
  follow_host_clock();
  if (round) finish_round(area_of(ethread));
}

int64_t runner_call(abi::RunnerCall call, uint64_t a0, uint64_t a1, uint64_t a2) {
  auto area = area_of(entry::this_ethread());
  area.field(&abi::EthreadArea::call_number).store(static_cast<uint64_t>(call));
  HostPtr<uint64_t> arguments = HostPtr<uint64_t>::unchecked(area.address() + offsetof(abi::EthreadArea, call_args));
  arguments.store(a0);
  (arguments + 1).store(a1);
  (arguments + 2).store(a2);
  leave(abi::ExitReason::kHostCall, Carries::kNothing);
  return area.field(&abi::EthreadArea::call_result).load();
}

void report_runtime_fault(uint64_t vector, uint64_t image_offset, uint64_t address) {
  entry::Ethread& ethread = entry::this_ethread();
  auto area = area_of(ethread);
  // Numbers only, and none of the program's: offset in the measured image, which everybody knows.
  HostPtr<uint64_t> arguments = HostPtr<uint64_t>::unchecked(area.address() + offsetof(abi::EthreadArea, call_args));
  arguments.store(vector);
  (arguments + 1).store(image_offset);
  (arguments + 2).store(address);
  area.field(&abi::EthreadArea::exit_status).store(6);  // SIGABRT
  area.field(&abi::EthreadArea::exit_reason).store(static_cast<uint64_t>(abi::ExitReason::kAbort));
}

bool ending() { return g_ending.load(std::memory_order_relaxed); }

void leave_for_good(abi::ExitReason reason, uint64_t wait_status) {
  g_ending.store(true);
  auto area = area_of(entry::this_ethread());
  area.field(&abi::EthreadArea::exit_status).store(wait_status);
  HostPtr<uint64_t>::unchecked(area.address() + offsetof(abi::EthreadArea, call_args)).store(UINT64_MAX);
  for (;;) leave(reason);
}

}  // namespace scone::boundary
