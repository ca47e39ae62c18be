#include "enclave/syscall/poll.h"

#include <linux/poll.h>
#include <linux/time_types.h>

#include <new>

#include "enclave/file/fd_table.h"
#include "enclave/net/poll_set.h"
#include "enclave/net/select_sets.h"
#include "enclave/net/timeout.h"
#include "enclave/process/signal.h"
#include "enclave/sched/clock.h"

namespace scone::syscall {
namespace {

using net::PollSet;

// What a timeout of `ns` from now means to PollSet::wait, where 0 is "do not park".
uint64_t deadline_in(uint64_t ns) { return ns == 0 ? 0 : net::deadline_after(sched::now_ns(), ns); }

uint64_t remaining(uint64_t deadline_ns) {
  const uint64_t now = sched::now_ns();
  return deadline_ns > now ? deadline_ns - now : 0;
}

// A program's array, on the stack if it is short.
class PollArray {
 public:
  PollArray() = default;
  PollArray(const PollArray&) = delete;
  PollArray& operator=(const PollArray&) = delete;
  ~PollArray() {
    if (fds_ != inline_) delete[] fds_;
  }
  Result<void> copy_in(AppPtr<pollfd> from, size_t count) {
    if (count > kInline) {
      auto* fds = new (std::nothrow) pollfd[count];
      if (!fds) return Errno(ENOMEM);
      fds_ = fds;
    }
    return boundary::copy_from_app(fds_, from.cast<const void>(), count * sizeof(pollfd));
  }
  Result<void> copy_out(AppPtr<pollfd> to, size_t count) const {
    return boundary::copy_to_app(to.cast<void>(), fds_, count * sizeof(pollfd));
  }
  pollfd& operator[](size_t index) { return fds_[index]; }

 private:
  static constexpr size_t kInline = 16;
  pollfd inline_[kInline];
  pollfd* fds_ = inline_;
};

// Opens the valid descriptors; returns how many are not valid and so ready at once. Negative ones are skipped.
size_t fill(PollSet& set, PollArray& fds, size_t count) {
  size_t invalid = 0;
  for (size_t i = 0; i < count; ++i) {
    fds[i].revents = 0;
    if (fds[i].fd < 0) continue;
    auto file = file::fd_table().get(fds[i].fd);
    if (file.ok()) {
      set.add(file.take(), static_cast<uint16_t>(fds[i].events));
    } else {
      fds[i].revents = POLLNVAL;
      ++invalid;
    }
  }
  return invalid;
}

Result<int> do_poll(AppPtr<pollfd> array, uint64_t count, uint64_t deadline_ns) {
  if (count > file::fd_table().limit()) return Errno(EINVAL);
  PollArray fds;
  TRY(fds.copy_in(array, count));
  PollSet set;
  TRY(set.reserve(count));
  const size_t invalid = fill(set, fds, count);
  const size_t ready = TRY(set.wait(invalid ? 0 : deadline_ns));
  size_t index = 0;
  for (size_t i = 0; i < count; ++i)
    if (fds[i].fd >= 0 && fds[i].revents == 0) fds[i].revents = static_cast<short>(set.ready(index++));
  TRY(fds.copy_out(array, count));
  return static_cast<int>(invalid + ready);
}

Result<int> poll_or_restart(AppPtr<pollfd> array, uint64_t count, uint64_t deadline_ns);

Result<uint64_t> resume_poll(const process::RestartBlock& block) {
  return static_cast<uint64_t>(
      TRY(poll_or_restart(AppPtr<pollfd>(block.data[0]), block.data[1], block.data[2])));
}

// A stop and continuation of the process does not lengthen the wait.
Result<int> poll_or_restart(AppPtr<pollfd> array, uint64_t count, uint64_t deadline_ns) {
  auto result = do_poll(array, count, deadline_ns);
  if (!result.ok() && result.error() == Errno(process::kRestartNoHand))
    return process::restart_with(&resume_poll, {array.address(), count, deadline_ns, 0, 0, 0});
  return result;
}

// Opens what the three sets name. EBADF.
Result<void> fill(PollSet& set, const net::SelectSets& sets) {
  for (int fd = sets.next(0); fd >= 0; fd = sets.next(fd + 1))
    set.add(TRY(file::fd_table().get(fd)), sets.interest(fd));
  return ok();
}

Result<int> do_select(int count, AppPtr<uint64_t> in, AppPtr<uint64_t> out, AppPtr<uint64_t> exceptional,
                      uint64_t deadline_ns) {
  if (count < 0) return Errno(EINVAL);
  // Descriptors beyond the table cannot be open: their bits are not even looked at.
  const uint32_t limit = file::fd_table().limit();
  net::SelectSets sets;
  TRY(sets.copy_in(static_cast<uint32_t>(count) < limit ? static_cast<uint32_t>(count) : limit,
                   {in, out, exceptional}));
  PollSet set;
  TRY(set.reserve(sets.count()));
  TRY(fill(set, sets));
  TRY(set.wait(deadline_ns));
  size_t index = 0;
  int bits = 0;
  for (int fd = sets.next(0); fd >= 0; fd = sets.next(fd + 1)) bits += sets.report(fd, set.ready(index++));
  TRY(sets.copy_out());
  return bits;
}

// Where the timeout cannot be written back, the call is not restarted: it would wait too long.
template <typename Time>
Result<int> give_back(Result<int> result, AppPtr<Time> timeout, const Time& rest) {
  const bool written = boundary::write_app(timeout, rest).ok();
  if (!written && !result.ok() && result.error() == Errno(process::kRestartNoHand)) return Errno(EINTR);
  return result;
}

// The deadline of an optional timespec.
Result<uint64_t> read_deadline(AppPtr<__kernel_timespec> timeout) {
  if (!timeout) return sched::kNever;
  return deadline_in(TRY(net::to_ns(TRY(boundary::read_app(timeout)))));
}

Result<int> write_rest(Result<int> result, AppPtr<__kernel_timespec> timeout, uint64_t deadline_ns) {
  if (!timeout) return result;
  return give_back(std::move(result), timeout, net::to_timespec(remaining(deadline_ns)));
}

}  // namespace

Result<int> sys_poll(AppPtr<pollfd> fds, uint64_t count, int timeout_ms) {
  const uint64_t deadline_ns = timeout_ms < 0
                                   ? sched::kNever
                                   : deadline_in(static_cast<uint64_t>(timeout_ms) * net::kNsPerMillisecond);
  return poll_or_restart(fds, count, deadline_ns);
}

Result<int> sys_ppoll(AppPtr<pollfd> fds, uint64_t count, AppPtr<__kernel_timespec> timeout,
                      AppPtr<const process::SignalSet> mask, size_t mask_size) {
  const uint64_t deadline_ns = TRY(read_deadline(timeout));
  process::TemporaryMask temporary;
  TRY(temporary.install(mask, mask_size));
  return temporary.finish(write_rest(do_poll(fds, count, deadline_ns), timeout, deadline_ns));
}

Result<int> sys_select(int count, AppPtr<uint64_t> in, AppPtr<uint64_t> out, AppPtr<uint64_t> exceptional,
                       AppPtr<__kernel_old_timeval> timeout) {
  if (!timeout) return do_select(count, in, out, exceptional, sched::kNever);
  const auto time = TRY(boundary::read_app(timeout));
  // Unlike elsewhere, whole seconds among the microseconds are accepted (select(2) of Linux).
  if (time.tv_sec < 0 || time.tv_usec < 0) return Errno(EINVAL);
  constexpr auto kMicros = static_cast<int64_t>(net::kNsPerSecond / net::kNsPerMicrosecond);
  int64_t seconds;
  if (__builtin_add_overflow(time.tv_sec, time.tv_usec / kMicros, &seconds)) return Errno(EINVAL);
  const uint64_t deadline_ns = deadline_in(TRY(net::to_ns(seconds, time.tv_usec % kMicros, kMicros)));
  auto result = do_select(count, in, out, exceptional, deadline_ns);
  const auto rest = net::to_timespec(remaining(deadline_ns));
  const __kernel_old_timeval left{
      rest.tv_sec, static_cast<long>(rest.tv_nsec) / static_cast<long>(net::kNsPerMicrosecond)};
  return give_back(std::move(result), timeout, left);
}

Result<int> sys_pselect6(int count, AppPtr<uint64_t> in, AppPtr<uint64_t> out, AppPtr<uint64_t> exceptional,
                         AppPtr<__kernel_timespec> timeout, AppPtr<const MaskArgument> mask) {
  MaskArgument argument = {};
  if (mask) argument = TRY(boundary::read_app(mask));
  const uint64_t deadline_ns = TRY(read_deadline(timeout));
  process::TemporaryMask temporary;
  TRY(temporary.install(AppPtr<const process::SignalSet>(argument.mask), argument.size));
  return temporary.finish(
      write_rest(do_select(count, in, out, exceptional, deadline_ns), timeout, deadline_ns));
}

}  // namespace scone::syscall
