// The program's registers while the runtime works for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::entry {

enum FrameFlags : uint64_t {
  kFrameVectorLive = 1,   // the vector registers held program values at entry (site or trap)
  kFrameFullRestore = 2,  // rcx and r11 matter too (exception, sigreturn, new thread): no shortcut
  kFrameException = 4,    // entered by an exception, not by a system call
};

// Pushed by entry.S at the top of the thread's kernel stack, lowest address first. A system call arrives with
// rip already behind the call, rax the result-to-be and orig_rax the number.
struct UserFrame {
  uint64_t r15, r14, r13, r12, rbp, rbx;
  uint64_t r11, r10, r9, r8;
  uint64_t rax, rcx, rdx, rsi, rdi;
  uint64_t orig_rax;
  uint64_t rip, rflags, rsp;
  uint64_t flags;  // FrameFlags
};
static_assert(sizeof(UserFrame) == 160 && offsetof(UserFrame, rip) == 128 && offsetof(UserFrame, rax) == 80);

}  // namespace scone::entry
