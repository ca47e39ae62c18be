#include "enclave/process/signal_frame.h"

#include "base/checked.h"

namespace scone::process {
namespace {

constexpr uint64_t kRedZone = 128;  // below rsp; leaf functions use it without moving rsp (System V ABI)
constexpr uint16_t kUserCode = 0x33, kUserData = 0x2b;

}  // namespace

FramePlacement place_frame(uint64_t sp, const AlternateStack& alternate, bool on_alternate,
                           uint64_t xstate_size) {
  const bool nested = alternate.in_use(sp);
  sp -= kRedZone;
  const bool entering = on_alternate && alternate.enabled() && !alternate.in_use(sp);
  if (entering) sp = alternate.base + alternate.size;
  FramePlacement placement;
  placement.fpstate = align_down(sp - xstate_size, 64);
  placement.frame = align_down(placement.fpstate - sizeof(SignalFrame), 16) - 8;
  placement.fits = !(nested || entering) || alternate.holds(placement.frame);
  return placement;
}

void fill_context(SignalContext& context, const entry::UserFrame& frame, uint64_t rip) {
  context = {};
  context.r8 = frame.r8;
  context.r9 = frame.r9;
  context.r10 = frame.r10;
  context.r11 = frame.r11;
  context.r12 = frame.r12;
  context.r13 = frame.r13;
  context.r14 = frame.r14;
  context.r15 = frame.r15;
  context.rdi = frame.rdi;
  context.rsi = frame.rsi;
  context.rbp = frame.rbp;
  context.rbx = frame.rbx;
  context.rdx = frame.rdx;
  context.rax = frame.rax;
  context.rcx = frame.rcx;
  context.rsp = frame.rsp;
  context.rip = rip;
  context.rflags = frame.rflags;
  context.cs = kUserCode;
  context.ss = kUserData;
}

void load_context(entry::UserFrame& frame, const SignalContext& context) {
  frame.r8 = context.r8;
  frame.r9 = context.r9;
  frame.r10 = context.r10;
  frame.r11 = context.r11;
  frame.r12 = context.r12;
  frame.r13 = context.r13;
  frame.r14 = context.r14;
  frame.r15 = context.r15;
  frame.rdi = context.rdi;
  frame.rsi = context.rsi;
  frame.rbp = context.rbp;
  frame.rbx = context.rbx;
  frame.rdx = context.rdx;
  frame.rax = context.rax;
  frame.rcx = context.rcx;
  frame.rsp = context.rsp;
  frame.rflags = (context.rflags & kFlagsRestored) | kFlagsAlways;
}

}  // namespace scone::process
