// Exceptions of program code: resolved, emulated, or made a signal.
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/log.h"
#include "enclave/entry/code_address.h"
#include "enclave/entry/vector.h"
#include "enclave/mm/program.h"
#include "enclave/process/cpuid.h"
#include "enclave/process/exception_signal.h"
#include "enclave/process/exit.h"
#include "enclave/process/signal.h"
#include "enclave/sched/sched.h"

namespace scone::process {
namespace {

using entry::UserFrame;

// The same exit status as by the kernel's out-of-memory killer, but with the reason.
[[noreturn]] void die_of_memory() {
  boundary::Line line;
  line << "scone: out of memory: the program's heap limit of " << (boundary::start_info().heap_limit >> 20)
       << " MiB is used up (SCONE_HEAP raises it)";
  boundary::log(line);
  terminate(kSigKill);
}

void raise(UserFrame& frame, uint64_t vector, uint64_t error_code, const Fault& fault) {
  ThreadSignals& signals = sched::current().signals;
  signals.trap_number = vector;
  signals.trap_error = error_code;
  frame.flags |= entry::kFrameFullRestore;
  force_fault(fault.signal, fault.code, fault.address);
}

void page_fault(UserFrame& frame, uint64_t error_code, uint64_t address) {
  const mm::FaultOutcome outcome = mm::program().fault(address, access_of(error_code));
  if (outcome == mm::FaultOutcome::kResolved) return;
  if (outcome == mm::FaultOutcome::kNoMemory) die_of_memory();
  // Bit 2 says "user mode"; programs look at bit 1 (write).
  sched::current().signals.trap_address = address;
  raise(frame, kVectorPage, error_code | 4, fault_of_page(outcome, address));
}

void emulate_cpuid(UserFrame& frame) {
  const CpuidAnswer answer =
      cpuid_table().answer(static_cast<uint32_t>(frame.rax), static_cast<uint32_t>(frame.rcx), entry::xfrm());
  frame.rax = answer.eax;
  frame.rbx = answer.ebx;
  frame.rcx = answer.ecx;
  frame.rdx = answer.edx;
}

// Where RDTSC is illegal (first-generation SGX): a counter of 1 GHz.
void emulate_rdtsc(UserFrame& frame) {
  const uint64_t now = sched::now_ns();
  frame.rax = static_cast<uint32_t>(now);
  frame.rdx = now >> 32;
}

// Instructions that an enclave must not execute and that have a meaning for a program. True if it was one.
bool emulate(UserFrame& frame) {
  const auto read = boundary::read_app(AppPtr<const uint16_t>(frame.rip));
  if (!read.ok()) return false;
  const uint16_t opcode = read.value();
  if (opcode == 0xa20f) {
    emulate_cpuid(frame);
  } else if (opcode == 0x310f) {
    emulate_rdtsc(frame);
  } else {
    return false;
  }
  frame.rip += 2;
  return true;
}

// An int3 is #UD at its own address in an enclave that is not being debugged (SDM vol. 3D, "INT3 Consideration").
bool is_breakpoint(const UserFrame& frame) {
  const auto at = boundary::read_app(AppPtr<const uint8_t>(frame.rip));
  return at.ok() && at.value() == 0xcc;
}

// Programs expect rip behind an int3. Which side of it the processor reports depends on how the enclave is debugged.
void step_over_breakpoint(UserFrame& frame) {
  const auto before = boundary::read_app(AppPtr<const uint8_t>(frame.rip - 1));
  if (before.ok() && before.value() == 0xcc) return;
  if (is_breakpoint(frame)) ++frame.rip;
}

}  // namespace

void handle_exception(UserFrame& frame, uint64_t vector, uint64_t error_code, uint64_t address) {
  if (vector == kVectorPage) return page_fault(frame, error_code, address);
  if ((vector == kVectorInvalidOpcode || vector == kVectorProtection) && emulate(frame)) return;
  if (vector == kVectorInvalidOpcode && is_breakpoint(frame)) {
    vector = kVectorBreakpoint;
    ++frame.rip;
  } else if (vector == kVectorBreakpoint) {
    step_over_breakpoint(frame);
  }
  raise(frame, vector, error_code,
        fault_of_exception(vector, entry::program_address(frame.rip), sched::current().xsave_area()));
}

}  // namespace scone::process
