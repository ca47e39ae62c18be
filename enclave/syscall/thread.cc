#include "enclave/syscall/thread.h"

#include <linux/errno.h>
#include <linux/sched.h>

#include "enclave/process/exit.h"
#include "enclave/process/new_thread.h"
#include "enclave/runtime/memory.h"

namespace scone::syscall {
namespace {

// What makes a thread of this process. CLONE_SYSVSEM, CLONE_DETACHED, CLONE_IO have no meaning here.
constexpr uint64_t kThreadFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
constexpr uint64_t kKnownFlags = kThreadFlags | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
                                 CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_DETACHED | CLONE_IO;

Result<int> clone(uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t child_tid, uint64_t tls) {
  if (!(flags & CLONE_THREAD)) return Errno(ENOSYS);  // processes: not yet
  if ((flags & kThreadFlags) != kThreadFlags || (flags & ~kKnownFlags & ~uint64_t{CSIGNAL})) return Errno(EINVAL);
  process::ThreadRequest request;
  request.stack = stack;
  request.set_tls = flags & CLONE_SETTLS;
  request.tls = tls;
  if (flags & CLONE_PARENT_SETTID) request.parent_tid = AppPtr<int>(parent_tid);
  if (flags & CLONE_CHILD_SETTID) request.child_tid = AppPtr<int>(child_tid);
  if (flags & CLONE_CHILD_CLEARTID) request.clear_child_tid = AppPtr<int>(child_tid);
  return process::create_thread(request);
}

}  // namespace

Result<int> sys_clone(uint64_t flags, uint64_t stack, AppPtr<int> parent_tid, AppPtr<int> child_tid, uint64_t tls) {
  return clone(flags, stack, parent_tid.address(), child_tid.address(), tls);
}

Result<int> sys_clone3(AppPtr<const void> arguments, size_t size) {
  clone_args args{};
  if (size < CLONE_ARGS_SIZE_VER0) return Errno(EINVAL);
  if (size > sizeof args) return Errno(E2BIG);
  TRY(boundary::copy_from_app(&args, arguments, size));
  if (args.set_tid_size != 0 || args.flags & (CLONE_INTO_CGROUP | CLONE_CLEAR_SIGHAND)) return Errno(ENOSYS);
  const uint64_t stack = args.stack ? args.stack + args.stack_size : 0;
  return clone(args.flags, stack, args.parent_tid, args.child_tid, args.tls);
}

Result<void> sys_exit(int status) { process::end_thread(status); }

Result<void> sys_exit_group(int status) { process::terminate((status & 0xff) << 8); }

}  // namespace scone::syscall
