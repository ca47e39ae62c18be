// The stack frame of a signal handler, as the kernel builds it for x86-64: arch/x86/include/uapi/asm/sigcontext.h and
// ucontext.h define the layout, sigreturn(2) explains it. Pure: no thread, no program memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "enclave/entry/user_frame.h"
#include "enclave/process/signal_info.h"
#include "enclave/process/thread_signals.h"

namespace scone::process {

struct SignalContext {  // struct sigcontext
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
  uint16_t cs, gs, fs, ss;
  uint64_t error, trap, old_mask, cr2;
  uint64_t fpstate;  // address of the XSAVE area
  uint64_t reserved[8];
};
static_assert(sizeof(SignalContext) == 256 && offsetof(SignalContext, fpstate) == 184);

struct SignalStack {  // stack_t
  uint64_t base;
  int32_t flags;
  int32_t padding;
  uint64_t size;
};

struct UserContext {  // struct ucontext
  uint64_t flags;
  uint64_t link;
  SignalStack stack;
  SignalContext registers;
  SignalSet mask;
};
static_assert(sizeof(UserContext) == 304);

struct SignalFrame {  // struct rt_sigframe
  uint64_t return_address;
  UserContext context;
  Info info;
};
static_assert(sizeof(SignalFrame) == 440);

// Values of UserContext::flags: an XSAVE area with magic numbers; ss is valid and must be restored.
inline constexpr uint64_t kContextFlags =
    1 | 2 | 4;  // UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS

// What a handler may leave in rflags: the arithmetic flags and DF. Not TF and AC, with which the runtime itself could
// not run; not what is the kernel's.
inline constexpr uint64_t kFlagsRestored = 0xcd5;  // CF PF AF ZF SF DF OF
inline constexpr uint64_t kFlagDirection = 0x400;
inline constexpr uint64_t kFlagsAlways = 0x202;

// Where a frame goes. `fits` is false if the alternate stack would overflow.
struct FramePlacement {
  uint64_t frame;    // of the SignalFrame, ≡ 8 mod 16, as after a call
  uint64_t fpstate;  // 64-byte aligned
  bool fits;
};
// sp: the interrupted stack pointer. xstate_size: bytes of XSAVE area including the second magic number.
FramePlacement place_frame(uint64_t sp, const AlternateStack& alternate, bool on_alternate,
                           uint64_t xstate_size);

// The registers as a handler sees them. rip is given: it may differ from frame.rip (rewritten code).
void fill_context(SignalContext& context, const entry::UserFrame& frame, uint64_t rip);
// The way back: all of `frame` but rip, which is the caller's to check.
void load_context(entry::UserFrame& frame, const SignalContext& context);

}  // namespace scone::process
