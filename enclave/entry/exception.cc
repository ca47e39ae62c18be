#include "enclave/entry/exception.h"

#include "enclave/boundary/app_ptr.h"
#include "enclave/entry/code_address.h"
#include "enclave/entry/return.h"
#include "enclave/entry/system_call.h"
#include "enclave/process/signal.h"
#include "enclave/sched/sched.h"
#include "enclave/syscall/statistics.h"
#include "sgx/arch.h"

namespace scone::entry {
namespace {

// A `syscall` instruction that was not rewritten: illegal in an enclave, so it arrives as #UD.
bool is_system_call(const UserFrame& frame) {
  auto bytes = boundary::read_app(AppPtr<const uint16_t>(frame.rip));
  return bytes.ok() && bytes.value() == 0x050f;
}

void trapped_system_call(UserFrame& frame) {
  syscall::count_trap(frame.rax);
  frame.orig_rax = frame.rax;
  frame.rip += 2;
  frame.rcx = frame.rip;
  frame.r11 = frame.rflags;
  system_call(frame);
}

}  // namespace

// The second half of an exception, on the thread's kernel stack at CSSA 0: may block.
extern "C" void handle_program_exception(UserFrame* frame) {
  const auto exception = sched::current().exception;
  if (exception.vector == kVectorInterrupt) {
    this_ethread().need_resched = 1;
  } else if (const uint64_t resume = resume_address(frame->rip);
             exception.vector == sgx::kVectorUd && resume != frame->rip) {
    frame->rip = resume;  // came by an unforeseen way into a rewritten window (rewrite.h)
  } else if (exception.vector == sgx::kVectorUd && is_system_call(*frame)) {
    trapped_system_call(*frame);
  } else {
    process::handle_exception(*frame, exception.vector, exception.error_code, exception.address);
  }
  return_to_program(*frame);
}

}  // namespace scone::entry
