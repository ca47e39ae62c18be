// System calls: from the registers to the table's handler and back. The only place where an error becomes a negative number.
#include <linux/errno.h>

#include "enclave/entry/return.h"
#include "enclave/entry/user_frame.h"
#include "enclave/process/restart.h"
#include "enclave/process/signal.h"
#include "enclave/sched/lthread.h"
#include "enclave/syscall/statistics.h"
#include "enclave/syscall/table.h"
#include "enclave/syscall/trace.h"

namespace scone::entry {
namespace {

bool is_restart_code(int code) { return code >= process::kRestartSys && code <= process::kRestartBlock; }

Result<uint64_t> perform(const syscall::Entry* entry, const uint64_t* arguments) {
  if (!entry || !entry->handler) return Errno(ENOSYS);
  return entry->handler(arguments);
}

void finish(UserFrame& frame, sched::Lthread& thread, const Result<uint64_t>& result) {
  if (result.ok()) {
    frame.rax = result.value();
    return;
  }
  const int code = result.error().code();
  if (is_restart_code(code)) {
    frame.rax = static_cast<uint64_t>(-EINTR);
    process::note_restart(thread, code);
  } else {
    frame.rax = static_cast<uint64_t>(static_cast<int64_t>(-code));
  }
}

}  // namespace

// Performs the call described by the frame and leaves its result there.
void system_call(UserFrame& frame) {
  sched::Lthread& thread = sched::current();
  const auto number = static_cast<uint32_t>(frame.orig_rax);  // Linux looks at 32 bits
  const uint64_t arguments[6] = {frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9};
  const syscall::Entry* entry = syscall::find(number);
  thread.call_number = number;
  thread.ticks_without_call = 0;
  syscall::count_call(number);
  this_ethread().count_call();
  if (syscall::tracing()) [[unlikely]] {
    syscall::trace_entry(thread, number, entry, arguments);
    auto result = perform(entry, arguments);
    syscall::trace_exit(thread, number, entry, arguments, result);
    finish(frame, thread, result);
    return;
  }
  finish(frame, thread, perform(entry, arguments));
}

extern "C" bool dispatch_system_call(UserFrame* frame) {
  system_call(*frame);
  return return_to_program(*frame);
}

}  // namespace scone::entry
