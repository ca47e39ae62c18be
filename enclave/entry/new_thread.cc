#include "enclave/entry/new_thread.h"

#include "enclave/entry/return.h"
#include "enclave/runtime/memory.h"

extern "C" char thread_continuation[];
extern "C" char full_return[];

namespace scone::entry {
namespace {

// What switch_context() pops.
struct SwitchFrame {
  uint64_t r15 = 0, r14 = 0, r13 = 0, r12 = 0, rbp = 0, rbx = 0;
  uint64_t return_address;
};

}  // namespace

void start_in_runtime(sched::Lthread& thread, void (*function)()) {
  // A function is entered with rsp ≡ 8 (mod 16), above a return address; it never returns.
  const uint64_t top = reinterpret_cast<uint64_t>(&thread.frame()) - 8;
  // SAFETY: the new thread's stack is this code's alone until it is started.
  auto* frame = reinterpret_cast<SwitchFrame*>(top - sizeof(SwitchFrame));
  *frame = {.return_address = reinterpret_cast<uint64_t>(function)};
  thread.saved_rsp = reinterpret_cast<uint64_t>(frame);
}

void start_in_program(sched::Lthread& thread) {
  auto* frame = reinterpret_cast<SwitchFrame*>(reinterpret_cast<uint64_t>(&thread.frame()) - sizeof(SwitchFrame));
  *frame = {.return_address = reinterpret_cast<uint64_t>(thread_continuation)};
  thread.saved_rsp = reinterpret_cast<uint64_t>(frame);
}

void enter_program() {
  UserFrame& frame = sched::current().frame();
  return_to_program(frame);
  // SAFETY: the frame is complete; nothing of this stack is needed any more.
  asm volatile("movq %0, %%rsp\n\tjmp full_return" : : "r"(&frame) : "memory");
  __builtin_unreachable();
}

extern "C" void begin_thread(UserFrame* frame) { return_to_program(*frame); }

}  // namespace scone::entry
