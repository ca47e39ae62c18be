#include "enclave/process/sigreturn.h"

#include "abi/layout.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/entry/code_address.h"
#include "enclave/entry/vector.h"
#include "enclave/process/alternate_stack.h"
#include "enclave/process/signal.h"
#include "enclave/process/signal_frame.h"
#include "enclave/process/signal_state.h"
#include "enclave/process/vector_state.h"

namespace scone::process {
namespace {

// True if the frame's area is followed by the magic number that ends a complete one.
bool ends_with_magic(uint64_t fpstate, const VectorLayout& layout) {
  const auto magic = boundary::read_app(AppPtr<const uint32_t>(fpstate + layout.size));
  return magic.ok() && magic.value() == kMagic2;
}

Result<void> restore_vector_state(sched::Lthread& self, uint64_t fpstate) {
  uint8_t* area = self.xsave_area();
  // What is in the registers is lost in any case; also if the copy faults half-way the area stays valid.
  set_initial_state(area);
  self.vector_saved = true;
  if (fpstate == 0) return ok();
  const VectorLayout layout = layout_for(entry::xfrm());
  Result<void> copied = boundary::copy_from_app(area, AppPtr<const void>(fpstate), kLegacyAreaSize);
  bool extended = copied.ok() && has_extended_state(area, layout) && ends_with_magic(fpstate, layout);
  if (extended) {
    copied = boundary::copy_from_app(area + kLegacyAreaSize, AppPtr<const void>(fpstate + kLegacyAreaSize),
                                     layout.size - kLegacyAreaSize);
    extended = copied.ok();
  }
  sanitise(area, layout, extended);
  return copied;
}

Result<void> restore(sched::Lthread& self, entry::UserFrame& frame) {
  // The handler's `ret` has popped the frame's first word.
  const auto context = TRY(boundary::read_app(AppPtr<const UserContext>(frame.rsp)));
  const uint64_t sp_in_handler = frame.rsp;
  set_blocked(self, context.mask);
  load_context(frame, context.registers);
  frame.rip = entry::resume_address(context.registers.rip);
  frame.flags = entry::kFrameFullRestore;
  self.signals.restart.function = nullptr;
  TRY(restore_vector_state(self, context.registers.fpstate));
  // Refusals (on the stack, too small, …) leave the current setting, as in the kernel.
  (void)set_alternate_stack(self.signals.alternate, context.stack, sp_in_handler).ok();
  return context.registers.rip < abi::program_end(entry::this_ethread().enclave_size) ? ok() : Errno(EFAULT);
}

}  // namespace

void return_from_handler(entry::UserFrame& frame) {
  if (!restore(sched::current(), frame).ok()) force_fault(kSigSegv, kCodeKernel, 0);
}

}  // namespace scone::process
