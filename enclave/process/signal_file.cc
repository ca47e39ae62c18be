#include "enclave/process/signal_file.h"

#include <linux/errno.h>
#include <linux/eventpoll.h>
#include <linux/signalfd.h>

#include <new>

#include "enclave/process/signal_state.h"

namespace scone::process {
namespace {

void describe_sender(signalfd_siginfo& out, const Info& info) {
  out.ssi_pid = static_cast<uint32_t>(info.sender.pid);
  out.ssi_uid = info.sender.uid;
  if (info.code >= 0) return;
  out.ssi_ptr = info.sender.value;
  out.ssi_int = static_cast<int32_t>(info.sender.value);
}

void describe_timer(signalfd_siginfo& out, const Info& info) {
  out.ssi_tid = static_cast<uint32_t>(info.timer.id);
  out.ssi_overrun = static_cast<uint32_t>(info.timer.overrun);
  out.ssi_ptr = info.timer.value;
  out.ssi_int = static_cast<int32_t>(info.timer.value);
}

// Which fields count depends on the signal and its code (signalfd(2)).
signalfd_siginfo describe(const Info& info) {
  signalfd_siginfo out{};
  out.ssi_signo = static_cast<uint32_t>(info.signal);
  out.ssi_errno = info.error;
  out.ssi_code = info.code;
  const bool from_kernel = info.code > 0 && info.code < kCodeKernel;
  if (info.code == kCodeTimer) {
    describe_timer(out, info);
  } else if (from_kernel && info.signal == kSigChld) {
    describe_sender(out, info);
    out.ssi_status = info.child.status;
    out.ssi_utime = static_cast<uint64_t>(info.child.user_time);
    out.ssi_stime = static_cast<uint64_t>(info.child.system_time);
  } else if (from_kernel && (set_of(info.signal) & kSynchronous)) {
    out.ssi_addr = info.fault.address;
  } else if (from_kernel && info.signal == kSigIo) {
    out.ssi_band = static_cast<uint32_t>(info.poll.band);
    out.ssi_fd = info.poll.fd;
  } else {
    describe_sender(out, info);
  }
  return out;
}

}  // namespace

SignalFile::SignalFile(SignalSet mask, int flags) : File(flags) { set_mask(mask); }

Result<Ref<file::File>> SignalFile::create(SignalSet mask, int nonblocking) {
  auto* file = new (std::nothrow) SignalFile(mask, O_RDWR | nonblocking);
  if (!file) return Errno(ENOMEM);
  return Ref<file::File>::adopt(file);
}

void SignalFile::set_mask(SignalSet mask) { mask_.store(mask & ~kUnblockable, std::memory_order_relaxed); }

Result<size_t> SignalFile::read(file::IoVector& to, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  if (to.remaining() < sizeof(signalfd_siginfo)) return Errno(EINVAL);
  sched::Lthread& self = sched::current();
  const SignalSet mask = mask_.load(std::memory_order_relaxed);
  if (!nonblocking())
    TRY(sched::wait_until(signal_state().arrivals, [&] { return (pending_for(self) & mask) != 0; }));
  size_t total = 0;
  Info info;
  while (to.remaining() >= sizeof(signalfd_siginfo) && take_from(self, mask, info)) {
    const signalfd_siginfo out = describe(info);
    total += TRY(to.scatter(&out, sizeof out));
  }
  if (total > 0) return total;
  return nonblocking() ? Errno(EAGAIN) : read(to, offset);  // another thread took it
}

uint32_t SignalFile::poll() {
  const SignalSet mask = mask_.load(std::memory_order_relaxed);
  return pending_for(sched::current()) & mask ? uint32_t{EPOLLIN} : 0;
}

sched::WaitQueue* SignalFile::wait_queue() { return &signal_state().arrivals; }

}  // namespace scone::process
