// First entry of each ethread.
#include <atomic>

#include "abi/border.h"
#include "abi/layout.h"
#include "enclave/boundary/arena.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_clock.h"
#include "enclave/boundary/host_cpuid.h"
#include "enclave/boundary/host_state.h"
#include "enclave/entry/ethreads.h"
#include "enclave/entry/main_thread.h"
#include "enclave/entry/relocate.h"
#include "enclave/entry/vector.h"
#include "enclave/mm/program.h"
#include "enclave/sched/clock.h"
#include "enclave/sched/sched.h"

extern "C" char system_call_entry[];
extern "C" char system_call_entry_vector[];

namespace scone::entry {
namespace {

// The host may enter ethreads in any order; only number 0 initialises, the others wait outside until it has.
std::atomic<bool> g_ready{false};

void init_process(uint64_t start_info) {
  init_vector_state();
  boundary::init_host_state(start_info);
  boundary::attach_ethread(this_ethread());
  boundary::start_clocks();
  boundary::init_arena();
  boundary::copy_cpuid();
  mm::init_program_memory();
  start_main_thread();
  g_ready.store(true, std::memory_order_release);
}

}  // namespace

extern "C" [[noreturn]] void ethread_start(uint64_t reason, uint64_t start_info) {
  Ethread& ethread = this_ethread();
  if (ethread.number == 0) relocate_image();
  ethread.syscall_entry = reinterpret_cast<uint64_t>(system_call_entry);
  ethread.syscall_entry_vector = reinterpret_cast<uint64_t>(system_call_entry_vector);
  ethread.clock_page = &sched::clock_page();
  if (reason != static_cast<uint64_t>(abi::EntryReason::kStart)) __builtin_trap();
  if (ethread.number == 0)
    init_process(start_info);
  else if (!g_ready.load(std::memory_order_acquire))
    __builtin_trap();  // a host that enters a later ethread first stops itself
  else
    boundary::attach_ethread(ethread);
  all_ethreads[ethread.number].store(&ethread, std::memory_order_release);
  sched::run_ethread();
}

}  // namespace scone::entry
