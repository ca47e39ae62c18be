// The block at an ethread's GS base. One page, built by the image loader and measured; assembly knows its offsets.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace scone::sched {
class ClockPage;
class Lthread;
}

namespace scone::entry {

// An ethread is a host thread bound to one TCS. While it is inside, GS points to its Ethread; FS belongs to the
// program. Only the owner touches it, except where a field says otherwise.
struct Ethread {
  // Filled by the image loader, measured, constant.
  uint64_t self;
  uint64_t number;
  uint64_t stack_top;  // 64 KiB: scheduler above, exception handler in the lowest 16 KiB
  uint64_t tcs;
  uint64_t ssa;
  uint64_t ssa_frame_size;
  uint64_t enclave_size;
  uint64_t ethreads;

  uint64_t held_ranks;           // sched/lock.h
  uint64_t syscall_entry;        // where a rewritten site jumps: entry.S
  uint64_t syscall_entry_vector; // the same for sites at which vector registers may be live
  uint64_t kernel_stack;         // of the current lthread: where a system call's UserFrame ends
  uint64_t scratch;              // rip of a full return to the program
  sched::Lthread* current;       // nullptr while the scheduler runs
  uint64_t scheduler_rsp;        // the scheduler's saved context
  uint64_t exit_rsp;             // the context saved across EEXIT; 0 = none
  uint64_t host_rsp, host_rbp;   // the host's stack registers, given back at EEXIT
  uint64_t host_target;          // where EEXIT goes
  uint64_t aex_rsp, aex_rbp, aex_target;  // the same while an exception is looked at (CSSA > 0)
  uint64_t area;                 // EthreadArea in host memory (validated)
  uint64_t need_resched;         // set by a tick that hit the runtime; looked at on return to the program
  uint64_t wake_wanted;          // threads were queued here; another ethread might take some
  sched::ClockPage* clock_page;  // for the vDSO
  uint64_t effects_wait;         // boundary/round.h: post_effect()
  uint64_t arrivals_taken;       // abi::EthreadArea::arrivals_taken, of which the host has a copy
  uint64_t exits, exceptions, ticks, switches;  // statistics
  // Read by other ethreads (sched/duty.h): when the scheduler last ran here (TSC), the program's system calls, cycles waited for events.
  std::atomic<uint64_t> looked_at, calls, waited;
  void count_call() { calls.store(calls.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
};

#define SCONE_OFFSET(field, offset) static_assert(offsetof(Ethread, field) == (offset))
SCONE_OFFSET(self, 0x00);
SCONE_OFFSET(number, 0x08);
SCONE_OFFSET(stack_top, 0x10);
SCONE_OFFSET(ssa, 0x20);
SCONE_OFFSET(ethreads, 0x38);
SCONE_OFFSET(held_ranks, 0x40);
SCONE_OFFSET(syscall_entry, 0x48);
SCONE_OFFSET(syscall_entry_vector, 0x50);
SCONE_OFFSET(kernel_stack, 0x58);
SCONE_OFFSET(scratch, 0x60);
SCONE_OFFSET(current, 0x68);
SCONE_OFFSET(scheduler_rsp, 0x70);
SCONE_OFFSET(exit_rsp, 0x78);
SCONE_OFFSET(host_rsp, 0x80);
SCONE_OFFSET(host_rbp, 0x88);
SCONE_OFFSET(host_target, 0x90);
SCONE_OFFSET(aex_rsp, 0x98);
SCONE_OFFSET(aex_rbp, 0xa0);
SCONE_OFFSET(aex_target, 0xa8);
#undef SCONE_OFFSET
static_assert(sizeof(Ethread) <= 4096);

inline constexpr uint64_t kStackSize = 64 << 10;
inline constexpr uint64_t kExceptionStackSize = 16 << 10;

// The Ethread that executes this. A thread may run on another one after any call that can park.
inline Ethread& this_ethread() {
  uint64_t self;
  // SAFETY: gs:0 holds the block's own address; volatile, because a parked thread may resume elsewhere.
  asm volatile("movq %%gs:0, %0" : "=r"(self));
  return *reinterpret_cast<Ethread*>(self);
}

}  // namespace scone::entry
