#include "enclave/process/new_thread.h"

#include <linux/errno.h>

#include <atomic>

#include "enclave/boundary/host_state.h"
#include "enclave/boundary/round.h"
#include "enclave/entry/fs_base.h"
#include "enclave/entry/new_thread.h"
#include "enclave/entry/vector.h"
#include "enclave/process/exit.h"
#include "enclave/process/robust_list.h"
#include "enclave/process/thread_list.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/futex.h"
#include "enclave/sched/sched.h"

namespace scone::process {
namespace {

constexpr int kMaxThreads = 32768;

// Numbers follow the process's own; the host knows nothing of them. Wrap-around skips numbers in use.
Result<int> new_tid() {
  static constinit std::atomic<int> last{0};
  const int pid = static_cast<int>(boundary::start_info().pid);
  for (int tries = 0; tries < kMaxThreads; ++tries) {
    const int tid = pid + 1 + last.fetch_add(1) % (4 * kMaxThreads);
    if (!threads().find(tid)) return tid;
  }
  return Errno(EAGAIN);
}

void inherit(sched::Lthread& child, sched::Lthread& parent, const ThreadRequest& request) {
  child.frame() = parent.frame();
  child.frame().rax = 0;
  child.frame().flags |= entry::kFrameFullRestore;
  if (request.stack) child.frame().rsp = request.stack;
  child.fs_base = request.set_tls ? request.tls : entry::read_fs_base();
  child.clear_child_tid = request.clear_child_tid.address();
  child.signals.blocked = parent.signals.blocked;
  child.hints = parent.hints;
  memcpy(child.name, parent.name, sizeof child.name);
  entry::inherit_vector(child, parent);
}

}  // namespace

Result<int> create_thread(const ThreadRequest& request) {
  if (threads().count() >= kMaxThreads) return Errno(EAGAIN);
  sched::Lthread& parent = sched::current();
  const int tid = TRY(new_tid());
  Ref<sched::Lthread> child = TRY(sched::Lthread::create(tid));
  if (request.parent_tid) TRY(boundary::write_app(request.parent_tid, tid));
  if (request.child_tid) TRY(boundary::write_app(request.child_tid, tid));
  inherit(*child, parent, request);
  entry::start_in_program(*child);
  boundary::flush_effects();
  threads().add(*child);
  sched::start(*child.release());  // this reference is the scheduler's until the thread ends
  return tid;
}

void end_thread(int status) {
  sched::Lthread& thread = sched::current();
  release_robust_mutexes(thread);
  if (thread.clear_child_tid) {
    // As the kernel does: a bad address is the program's own fault and nobody's error.
    const uint64_t word = thread.clear_child_tid;
    if (boundary::write_app(AppPtr<int>(word), 0).ok()) sched::futex_wake(word, 1, sched::kAnyBit);
  }
  if (threads().remove(thread) == 0) terminate((status & 0xff) << 8);
  sched::exit_current();
}

}  // namespace scone::process
