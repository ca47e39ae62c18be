// First look at an exception or an interrupt of the enclave (CSSA > 0).
//
// This runs on the ethread's exception stack while the interrupted code, program or runtime, lies frozen in the SSA. It takes no
// lock and does not block: it only decides where the interrupted code continues when the host executes ERESUME.
//  - program code: its registers are copied to the thread's kernel stack, as a system call's would be, and the SSA is pointed at
//    exception_continuation, which then does the real work at CSSA 0.
//  - a copy from or to program memory (section fault_fixups): it returns the faulting address.
//  - other runtime code: an interrupt is noted for later; a fault is a bug and stops the enclave.
#include <cstdint>

#include "abi/border.h"
#include "abi/layout.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/entry/ethread.h"
#include "enclave/entry/exception.h"
#include "enclave/entry/fixups.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/lthread.h"
#include "sgx/arch.h"

extern "C" char exception_continuation[];

namespace scone::entry {
namespace {

uint32_t ssa_frame_pages(const Ethread& ethread) { return static_cast<uint32_t>(ethread.ssa_frame_size / sgx::kPageSize); }

sgx::GprSgx& interrupted_registers(Ethread& ethread, uint64_t frame) {
  // SAFETY: the SSA frames lie inside the measured image, at an address that the image loader wrote and EADD measured.
  return *reinterpret_cast<sgx::GprSgx*>(ethread.ssa + frame * ethread.ssa_frame_size +
                                         sgx::gpr_offset(ssa_frame_pages(ethread)));
}

const sgx::ExInfo& fault_information(Ethread& ethread) {
  // SAFETY: as above.
  return *reinterpret_cast<const sgx::ExInfo*>(ethread.ssa + sgx::ex_info_offset(ssa_frame_pages(ethread)));
}

void fill_frame(UserFrame& frame, const sgx::GprSgx& gpr) {
  frame.r15 = gpr.r15;
  frame.r14 = gpr.r14;
  frame.r13 = gpr.r13;
  frame.r12 = gpr.r12;
  frame.rbp = gpr.rbp;
  frame.rbx = gpr.rbx;
  frame.r11 = gpr.r11;
  frame.r10 = gpr.r10;
  frame.r9 = gpr.r9;
  frame.r8 = gpr.r8;
  frame.rax = gpr.rax;
  frame.rcx = gpr.rcx;
  frame.rdx = gpr.rdx;
  frame.rsi = gpr.rsi;
  frame.rdi = gpr.rdi;
  frame.orig_rax = UINT64_MAX;
  frame.rip = gpr.rip;
  frame.rflags = gpr.rflags;
  frame.rsp = gpr.rsp;
  frame.flags = kFrameVectorLive | kFrameFullRestore | kFrameException;
}

void divert_program(Ethread& ethread, sgx::GprSgx& gpr, uint64_t vector) {
  sched::Lthread& thread = *ethread.current;
  UserFrame& frame = thread.frame();
  fill_frame(frame, gpr);
  memcpy(thread.xsave_area(), reinterpret_cast<const void*>(ethread.ssa), sched::kXsaveAreaSize - 64);
  thread.vector_saved = true;
  thread.exception.vector = vector;
  thread.exception.address = vector == sgx::kVectorPf || vector == sgx::kVectorGp ? fault_information(ethread).maddr : 0;
  thread.exception.error_code = vector == sgx::kVectorPf ? fault_information(ethread).errcd : 0;
  gpr.rip = reinterpret_cast<uint64_t>(exception_continuation);
  gpr.rsp = reinterpret_cast<uint64_t>(&frame);
  gpr.rflags = 0x202;
}

void fault_in_runtime(Ethread& ethread, sgx::GprSgx& gpr, uint64_t vector) {
  if (uint64_t fixup = vector == sgx::kVectorPf ? find_fixup(gpr.rip) : 0) {
    gpr.rip = fixup;
    gpr.rax = fault_information(ethread).maddr;
    return;
  }
  boundary::report_runtime_fault(vector, gpr.rip - abi::image_base(ethread.enclave_size),
                                 vector == sgx::kVectorPf ? fault_information(ethread).maddr : 0);
}

}  // namespace

// cssa: as EENTER gave it; reason: what the host claims, used for nothing but a tick's hint.
extern "C" void handle_aex(uint64_t cssa, [[maybe_unused]] uint64_t reason) {
  Ethread& ethread = this_ethread();
  sgx::GprSgx& gpr = interrupted_registers(ethread, cssa - 1);
  const bool exception = gpr.exit_info.valid();
  if (cssa > 1) {
    // This very code was interrupted. It does not fault, so a fault is a bug; an interrupt may wait.
    if (exception) boundary::report_runtime_fault(gpr.exit_info.vector(), gpr.rip - abi::image_base(ethread.enclave_size), 0);
    return;
  }
  const bool in_program = gpr.rip < abi::image_base(ethread.enclave_size) && ethread.current != nullptr;
  ++(exception ? ethread.exceptions : ethread.ticks);
  if (in_program) {
    if (!exception) ethread.current->computes = true;
    divert_program(ethread, gpr, exception ? gpr.exit_info.vector() : kVectorInterrupt);
  } else if (exception) {
    fault_in_runtime(ethread, gpr, gpr.exit_info.vector());
  } else {
    ethread.need_resched = 1;
  }
}

}  // namespace scone::entry
