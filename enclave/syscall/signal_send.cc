// Sending signals to this process, to its threads, and to other processes of the host.
#include <asm/unistd.h>
#include <linux/errno.h>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/process/own_ids.h"
#include "enclave/process/signal.h"
#include "enclave/process/thread_list.h"
#include "enclave/syscall/signal.h"

namespace scone::syscall {
namespace {

using process::Info;

// Signal 0 asks only whether the receiver exists.
bool is_sendable(int signal) { return signal == 0 || process::is_signal(signal); }

uint64_t argument(int value) { return static_cast<uint64_t>(static_cast<int64_t>(value)); }

// The process number names this process; that of one of its threads does as well, as on Linux.
bool is_own(int pid) { return pid == process::own_pid() || (pid > 0 && process::threads().find(pid)); }

Result<void> forwarded(Result<uint64_t> result) {
  if (!result.ok()) return result.error();
  return ok();
}

Result<void> send_to_own_thread(int tid, int signal, const Info& info) {
  auto thread = process::threads().find(tid);
  if (!thread) return Errno(ESRCH);
  return signal == 0 ? ok() : process::send_to_thread(*thread, info);
}

Info from_thread_kill(int signal) {
  return Info::from_sender(signal, process::kCodeThreadKill, process::own_pid(), process::own_uid());
}

// Only oneself can be made to believe that the kernel or a thread kill was the sender (rt_sigqueueinfo(2)).
Result<Info> read_info(AppPtr<const Info> source, int signal, bool own) {
  if (!is_sendable(signal)) return Errno(EINVAL);
  Info info = TRY(boundary::read_app(source));
  info.signal = signal;
  if (!own && (info.code >= 0 || info.code == process::kCodeThreadKill)) return Errno(EPERM);
  return info;
}

Result<HostBuffer> for_host(const Info& info) {
  auto buffer = TRY(HostBuffer::allocate(sizeof info));
  buffer.put(0, info);
  return buffer;
}

}  // namespace

Result<void> sys_kill(int pid, int signal) {
  if (!is_sendable(signal)) return Errno(EINVAL);
  // Everybody: nothing that an unprivileged container process needs, and the runner would hit its own surroundings.
  if (pid == -1) return Errno(EPERM);
  if (!is_own(pid)) return forwarded(host_call(__NR_kill, argument(pid), argument(signal)));
  if (signal == 0) return ok();
  return process::send_to_process(
      Info::from_sender(signal, process::kCodeUser, process::own_pid(), process::own_uid()));
}

Result<void> sys_tkill(int tid, int signal) {
  if (!is_sendable(signal) || tid <= 0) return Errno(EINVAL);
  if (!process::threads().find(tid)) return forwarded(host_call(__NR_tkill, argument(tid), argument(signal)));
  return send_to_own_thread(tid, signal, from_thread_kill(signal));
}

Result<void> sys_tgkill(int pid, int tid, int signal) {
  if (!is_sendable(signal) || pid <= 0 || tid <= 0) return Errno(EINVAL);
  if (pid != process::own_pid())
    return forwarded(host_call(__NR_tgkill, argument(pid), argument(tid), argument(signal)));
  return send_to_own_thread(tid, signal, from_thread_kill(signal));
}

Result<void> sys_rt_sigqueueinfo(int pid, int signal, AppPtr<const Info> source) {
  const bool own = is_own(pid);
  const Info info = TRY(read_info(source, signal, own));
  if (own) return signal == 0 ? ok() : process::send_to_process(info);
  if (pid <= 0) return Errno(pid == -1 ? EPERM : ESRCH);
  auto buffer = TRY(for_host(info));
  return forwarded(host_call(__NR_rt_sigqueueinfo, argument(pid), argument(signal), buffer.address()));
}

Result<void> sys_rt_tgsigqueueinfo(int pid, int tid, int signal, AppPtr<const Info> source) {
  if (pid <= 0 || tid <= 0) return Errno(EINVAL);
  const bool own = pid == process::own_pid();
  const Info info = TRY(read_info(source, signal, own));
  if (own) return send_to_own_thread(tid, signal, info);
  auto buffer = TRY(for_host(info));
  return forwarded(
      host_call(__NR_rt_tgsigqueueinfo, argument(pid), argument(tid), argument(signal), buffer.address()));
}

}  // namespace scone::syscall
