#include "enclave/syscall/memory.h"

#include <linux/errno.h>
#include <linux/mman.h>

#include "base/checked.h"
#include "enclave/entry/program_code.h"
#include "enclave/file/fd_table.h"
#include "enclave/mm/program.h"

namespace scone::syscall {
namespace {

constexpr uint64_t kPage = 4096;
constexpr int kProtWrite = 2;
constexpr size_t kMincoreBatch = 512;

// What open mode a mapping needs (mmap(2), EACCES).
Result<Ref<mm::Backing>> backing_of(int fd, int prot, int flags, bool& may_write) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  if (!file->readable()) return Errno(EACCES);
  const int type = flags & MAP_TYPE;
  const bool shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
  may_write = !shared || file->writable();
  if (shared && (prot & kProtWrite) && !file->writable()) return Errno(EACCES);
  return file->backing(shared && file->writable());
}

Result<void> check_mapped(uint64_t address, size_t length) {
  if (!checked_add<uint64_t>(address, length)) return Errno(EINVAL);
  return ok();
}

}  // namespace

Result<uint64_t> sys_mmap(uint64_t address, size_t length, int prot, int flags, int fd, uint64_t offset) {
  if (offset % kPage != 0) return Errno(EINVAL);
  mm::MapRequest request;
  request.address = address;
  request.length = length;
  request.prot = prot;
  request.flags = flags;
  request.offset = offset;
  if (!(flags & MAP_ANONYMOUS)) request.backing = TRY(backing_of(fd, prot, flags, request.may_write));
  return mm::program().mmap(static_cast<mm::MapRequest&&>(request));
}

Result<void> sys_munmap(uint64_t address, size_t length) {
  TRY(mm::program().munmap(address, length));
  entry::forget_code(address, address + length);
  return ok();
}

Result<void> sys_mprotect(uint64_t address, size_t length, int prot) {
  return mm::program().mprotect(address, length, prot);
}

Result<uint64_t> sys_mremap(uint64_t address, size_t old_length, size_t new_length, int flags, uint64_t new_address) {
  return mm::program().mremap(address, old_length, new_length, flags, new_address);
}

Result<void> sys_madvise(uint64_t address, size_t length, int advice) {
  return mm::program().madvise(address, length, advice);
}

Result<void> sys_msync(uint64_t address, size_t length, int flags) { return mm::program().msync(address, length, flags); }

Result<void> sys_mincore(uint64_t address, size_t length, AppPtr<uint8_t> resident) {
  if (address % kPage != 0) return Errno(EINVAL);
  if (!checked_add<uint64_t>(address, length) || length > (uint64_t{1} << 46)) return Errno(ENOMEM);
  uint8_t batch[kMincoreBatch];
  for (size_t done = 0, pages = align_up(length, kPage) / kPage; done < pages;) {
    const size_t now = pages - done < kMincoreBatch ? pages - done : kMincoreBatch;
    TRY(mm::program().mincore(address + done * kPage, now * kPage, {batch, now}));
    TRY(boundary::copy_to_app((resident + done).cast<void>(), batch, now));
    done += now;
  }
  return ok();
}

Result<uint64_t> sys_brk(uint64_t address) { return mm::program().brk(address); }

Result<void> sys_mlock(uint64_t address, size_t length) { return check_mapped(address, length); }
Result<void> sys_munlock(uint64_t address, size_t length) { return check_mapped(address, length); }
Result<void> sys_mlock2(uint64_t address, size_t length, int flags) {
  if (flags & ~1) return Errno(EINVAL);
  return check_mapped(address, length);
}
Result<void> sys_mlockall(int flags) {
  if (flags == 0 || flags & ~7) return Errno(EINVAL);
  return ok();
}
Result<void> sys_munlockall() { return ok(); }

}  // namespace scone::syscall
