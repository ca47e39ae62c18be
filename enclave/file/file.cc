#include "enclave/file/file.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/eventpoll.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "enclave/file/generated_file.h"
#include "enclave/mm/backing.h"
#include "enclave/sched/wait_queue.h"

namespace scone::file {

Result<size_t> File::read(IoVector&, std::optional<uint64_t>) { return Errno(EINVAL); }
Result<size_t> File::write(IoVector&, std::optional<uint64_t>) { return Errno(EINVAL); }
Result<uint64_t> File::seek(int64_t, int) { return Errno(ESPIPE); }
Result<uint64_t> File::ioctl(uint32_t, uint64_t) { return Errno(ENOTTY); }
Result<void> File::truncate(uint64_t) { return Errno(EINVAL); }
Result<void> File::sync(bool) { return Errno(EINVAL); }
Result<size_t> File::read_directory(IoVector&) { return Errno(ENOTDIR); }
Result<Ref<File>> File::reopen(int) { return Errno(ENXIO); }
Result<Ref<mm::Backing>> File::backing(bool) { return Errno(ENODEV); }

// As the kernel's anonymous inodes: a regular-looking mode without a file type.
Result<void> File::stat(struct ::stat& result) {
  result = {};
  result.st_dev = 15;  // some device without a number of its own
  result.st_ino = 1;
  result.st_nlink = 1;
  result.st_mode = 0600;
  result.st_blksize = 4096;
  return ok();
}

Result<void> File::statfs(struct ::statfs& result) {
  fill_statfs(result, ANON_INODE_FS_MAGIC);
  return ok();
}

uint32_t File::poll() { return EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM; }

void File::change_flags(int mask, int flags) {
  int old = flags_.load(std::memory_order_relaxed);
  while (!flags_.compare_exchange_weak(old, (old & ~mask) | (flags & mask), std::memory_order_relaxed)) {
  }
}

Result<void> File::set_flags(int flags) {
  change_flags(O_NONBLOCK, flags);
  return ok();
}

Result<void> wait_for_events(File& file, uint32_t events, uint64_t deadline_ns) {
  events |= EPOLLERR | EPOLLHUP;
  sched::WaitQueue* queue = file.wait_queue();
  if (!queue) return ok();
  file.expect(events);
  return sched::wait_until(
      *queue, [&] { return (file.poll() & events) != 0; }, deadline_ns);
}

}  // namespace scone::file
