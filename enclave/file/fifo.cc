#include "enclave/file/fifo.h"

#include <asm/poll.h>
#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/mode.h"
#include "enclave/process/restart.h"
#include "enclave/sched/sched.h"

namespace scone::file {
namespace {

constexpr uint64_t kSpliceNonBlock = 2;  // SPLICE_F_NONBLOCK of tee(2)
constexpr uint64_t kFirstPause = 500'000;
constexpr uint64_t kLongestPause = 20'000'000;

// A pipe that nothing is ever written to, for tee(2).
struct ScratchPipe {
  HostFd read_end;
  HostFd write_end;
};

Result<ScratchPipe> make_scratch_pipe() {
  HostBuffer ends = TRY(HostBuffer::allocate(2 * sizeof(int)));
  TRY(host_call(__NR_pipe2, ends.address(), O_CLOEXEC | O_NONBLOCK));
  // Both, before one that has no memory ends this.
  Result<HostFd> read_end = HostFd::adopt(static_cast<uint64_t>(ends.get<int>(0)));
  Result<HostFd> write_end = HostFd::adopt(static_cast<uint64_t>(ends.get<int>(sizeof(int))));
  return ScratchPipe{TRY(std::move(read_end)), TRY(std::move(write_end))};
}

// POLLHUP is only set once there has been a writer.
Result<bool> had_writer(HostDescriptor& fifo, HostBuffer& question) {
  question.put(0, pollfd{fifo.fd().number(), POLLIN, 0});
  const uint64_t ready = TRY(host_call(__NR_poll, question.address(), 1, 0));
  return ready > 0;
}

// tee(2) on an empty FIFO tells a silent writer (EAGAIN) from none (0), without consuming anything.
Result<bool> has_writer(HostDescriptor& fifo, const ScratchPipe& scratch) {
  const auto to = static_cast<uint64_t>(scratch.write_end.number());
  Result<uint64_t> copied = host_call(__NR_tee, fifo.number(), to, 1, kSpliceNonBlock);
  if (copied.ok()) return copied.value() > 0;
  if (copied.error() == Errno(EAGAIN)) return true;
  return copied.error();
}

}  // namespace

bool is_host_fifo(uint64_t host_directory, const HostBuffer& path, int flags) {
  Result<HostBuffer> answer = HostBuffer::allocate(kHostStatSize);
  if (!answer.ok()) return false;
  const uint64_t how = flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
  if (!host_call(__NR_newfstatat, host_directory, path.address(), answer.value().address(), how).ok())
    return false;
  struct ::stat stat;
  read_host_stat(answer.value(), stat);
  return (stat.st_mode & kModeType) == kModeFifo;
}

// The kernel wakes nobody but open(2) itself when a writer comes, so this looks now and then. A second, blocking open in a helper
// thread would miss a writer that came and went before it.
Result<void> wait_for_fifo_writer(HostDescriptor& fifo) {
  HostBuffer question = TRY(HostBuffer::allocate(sizeof(pollfd)));
  const ScratchPipe scratch = TRY(make_scratch_pipe());
  for (uint64_t pause = kFirstPause;; pause = min_of(2 * pause, kLongestPause)) {
    if (TRY(had_writer(fifo, question)) || TRY(has_writer(fifo, scratch))) return ok();
    if (sched::interrupted()) return Errno(process::kRestartSys);
    sched::park(sched::now_ns() + pause);
  }
}

}  // namespace scone::file
