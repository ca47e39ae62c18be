#include "enclave/file/fd_table.h"

#include <new>

#include "base/min_max.h"

namespace scone::file {
namespace {

constexpr uint32_t kFirstSize = 64;
constinit FdTable process_table;

// Precondition: the table is not locked.
void tell_closed(File& file) {
  file.descriptor_closed();
  file.descriptor_removed();
}

}  // namespace

Result<Ref<File>> FdTable::get(int fd) {
  sched::ReadGuard guard(lock_);
  Entry* entry = find(fd);
  if (!entry) return Errno(EBADF);
  return Ref<File>::share(entry->file);
}

FdTable::Entry* FdTable::find(int fd) {
  // A negative number becomes a large one.
  if (static_cast<uint32_t>(fd) >= size_ || !entries_[fd].file) return nullptr;
  return &entries_[fd];
}

uint32_t FdTable::free_from(uint32_t fd) const {
  fd = max_of(fd, first_free_);
  while (fd < size_ && entries_[fd].file) ++fd;
  return fd;
}

void FdTable::put(uint32_t fd, Ref<File> file, bool close_on_exec) {
  file->descriptor_added();
  entries_[fd] = {file.release(), close_on_exec};
  if (fd == first_free_) first_free_ = fd + 1;
}

// Allocates with the lock released: the table may have changed, and even grown, when it returns.
Result<void> FdTable::grow(uint32_t wanted) {
  const uint32_t old_size = size_;
  uint32_t size = max_of(old_size, kFirstSize);
  while (size < wanted) size *= 2;
  lock_.unlock();
  auto* larger = new (std::nothrow) Entry[size];
  Entry* unused = larger;
  lock_.lock();
  if (larger && size_ < size) {
    for (uint32_t fd = 0; fd < size_; ++fd) larger[fd] = entries_[fd];
    unused = entries_;
    entries_ = larger;
    size_ = size;
  }
  lock_.unlock();
  delete[] unused;
  lock_.lock();
  return larger ? ok() : Errno(ENOMEM);
}

Result<uint32_t> FdTable::reserve_slot(uint32_t minimum) {
  while (true) {
    const uint32_t fd = free_from(minimum);
    if (fd >= limit_) return Errno(EMFILE);
    if (fd < size_) return fd;
    TRY(grow(fd + 1));
  }
}

Result<int> FdTable::install(Ref<File> file, bool close_on_exec, int minimum) {
  sched::WriteGuard guard(lock_);
  const uint32_t fd = TRY(reserve_slot(static_cast<uint32_t>(minimum)));
  put(fd, std::move(file), close_on_exec);
  return static_cast<int>(fd);
}

Result<void> FdTable::install_pair(Ref<File> first, Ref<File> second, bool close_on_exec, int out[2]) {
  sched::WriteGuard guard(lock_);
  while (true) {
    const uint32_t low = TRY(reserve_slot(0));
    const uint32_t high = TRY(reserve_slot(low + 1));
    // Finding room for the second may have released the lock and let somebody take the first.
    if (entries_[low].file || free_from(0) != low) continue;
    put(low, std::move(first), close_on_exec);
    put(high, std::move(second), close_on_exec);
    out[0] = static_cast<int>(low);
    out[1] = static_cast<int>(high);
    return ok();
  }
}

Result<void> FdTable::replace(int fd, Ref<File> file, bool close_on_exec, Ref<File>& replaced) {
  {
    sched::WriteGuard guard(lock_);
    if (static_cast<uint32_t>(fd) >= limit_) return Errno(EBADF);
    while (static_cast<uint32_t>(fd) >= size_) TRY(grow(static_cast<uint32_t>(fd) + 1));
    replaced = Ref<File>::adopt(entries_[fd].file);
    put(static_cast<uint32_t>(fd), std::move(file), close_on_exec);
  }
  if (replaced) tell_closed(*replaced);
  return ok();
}

Result<Ref<File>> FdTable::remove(int fd) {
  Ref<File> file = TRY(take_out(fd));
  tell_closed(*file);
  return file;
}

Result<Ref<File>> FdTable::take_out(int fd) {
  sched::WriteGuard guard(lock_);
  Entry* entry = find(fd);
  if (!entry) return Errno(EBADF);
  Ref<File> file = Ref<File>::adopt(entry->file);
  *entry = {};
  first_free_ = min_of(first_free_, static_cast<uint32_t>(fd));
  return file;
}

Result<bool> FdTable::close_on_exec(int fd) {
  sched::ReadGuard guard(lock_);
  const Entry* entry = find(fd);
  if (!entry) return Errno(EBADF);
  return entry->close_on_exec;
}

Result<void> FdTable::set_close_on_exec(int fd, bool value) {
  sched::WriteGuard guard(lock_);
  Entry* entry = find(fd);
  if (!entry) return Errno(EBADF);
  entry->close_on_exec = value;
  return ok();
}

int FdTable::next(int from) {
  sched::ReadGuard guard(lock_);
  for (uint32_t fd = static_cast<uint32_t>(from); fd < size_; ++fd)
    if (entries_[fd].file) return static_cast<int>(fd);
  return -1;
}

void FdTable::set_limit(uint32_t limit) {
  sched::WriteGuard guard(lock_);
  limit_ = min_of(limit, kMaxLimit);
}

void FdTable::close_all() {
  for (int fd = next(0); fd >= 0; fd = next(fd)) (void)remove(fd);
  Entry* entries;
  {
    sched::WriteGuard guard(lock_);
    entries = std::exchange(entries_, nullptr);
    size_ = first_free_ = 0;
  }
  delete[] entries;
}

FdTable& fd_table() { return process_table; }

}  // namespace scone::file
