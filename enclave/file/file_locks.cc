#include "enclave/file/file_locks.h"

#include <linux/errno.h>
#include <linux/eventpoll.h>
#include <linux/fs.h>

#include <new>

#include "enclave/boundary/host_state.h"
#include "enclave/file/file.h"
#include "enclave/runtime/memory.h"

namespace scone::file {
namespace {

constexpr int kShared = 1, kExclusive = 2, kNonBlocking = 4, kUnlock = 8;  // LOCK_SH, …
constexpr uint64_t kEndOfFiles = uint64_t{1} << 63;

bool is_of_description(int command) {
  return command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
}

// l_start and l_len of SEEK_SET as a range. EINVAL, EOVERFLOW.
Result<void> to_range(const struct flock& lock, uint64_t& begin, uint64_t& end) {
  int64_t first = lock.l_start, last;
  if (__builtin_add_overflow(lock.l_start, lock.l_len, &last)) return Errno(EOVERFLOW);
  if (lock.l_len < 0) {
    first = last;
    last = lock.l_start;
  }
  if (first < 0) return Errno(EINVAL);
  begin = static_cast<uint64_t>(first);
  end = lock.l_len == 0 ? kEndOfFiles : static_cast<uint64_t>(last);
  return ok();
}

}  // namespace

FileLocks::~FileLocks() {
  while (Held* held = held_.pop_front()) delete held;
}

const FileLocks::Held* FileLocks::conflict(const Owner& owner, bool exclusive, uint64_t begin, uint64_t end) {
  for (const Held& held : held_)
    if (held.owner.whole == owner.whole && !(held.owner == owner) && held.begin < end && begin < held.end &&
        (held.exclusive || exclusive))
      return &held;
  return nullptr;
}

// What the owner held in [begin, end) gives way to a lock of that kind, or to none. Memory is taken first: all or nothing.
Result<void> FileLocks::replace(const Owner& owner, uint64_t begin, uint64_t end, const bool* exclusive) {
  auto* added = exclusive ? new (std::nothrow) Held : nullptr;
  auto* rest = new (std::nothrow) Held;  // an unlock in the middle makes two of one
  if ((exclusive && !added) || !rest) {
    delete added;
    delete rest;
    return Errno(ENOLCK);
  }
  for (Held& held : held_) {
    if (!(held.owner == owner) || held.end <= begin || end <= held.begin) continue;
    if (held.begin < begin && end < held.end) {
      rest->owner = owner;
      rest->exclusive = held.exclusive;
      rest->begin = end;
      rest->end = held.end;
      held.end = begin;
      held_.push_front(*rest);
      rest = nullptr;
      break;
    }
    if (held.begin < begin) {
      held.end = begin;
    } else if (end < held.end) {
      held.begin = end;
    } else {
      held.unlink();
      delete &held;
    }
  }
  delete rest;
  if (added) {
    added->owner = owner;
    added->exclusive = *exclusive;
    added->begin = begin;
    added->end = end;
    held_.push_back(*added);
  }
  return ok();
}

Result<void> FileLocks::set(const Owner& owner, uint64_t begin, uint64_t end, const bool* exclusive,
                            bool wait) {
  Result<void> result;
  const auto attempt = [&] {
    sched::SpinGuard guard(lock_);
    if (exclusive && conflict(owner, *exclusive, begin, end)) return false;
    result = replace(owner, begin, end, exclusive);
    return true;
  };
  if (!attempt()) {
    if (!wait) return Errno(EAGAIN);
    TRY(sched::wait_until(queue_, attempt));
  }
  queue_.notify(EPOLLIN);
  return result;
}

Result<void> FileLocks::record_lock(File& file, int command, struct flock& lock) {
  if (lock.l_type != F_RDLCK && lock.l_type != F_WRLCK && lock.l_type != F_UNLCK) return Errno(EINVAL);
  if (is_of_description(command) && lock.l_pid != 0) return Errno(EINVAL);
  uint64_t begin, end;
  if (lock.l_whence == SEEK_END) {
    const uint64_t position = TRY(file.seek(0, SEEK_CUR));
    const uint64_t size = TRY(file.seek(0, SEEK_END));
    TRY(file.seek(static_cast<int64_t>(position), SEEK_SET));
    if (__builtin_add_overflow(lock.l_start, static_cast<int64_t>(size), &lock.l_start))
      return Errno(EOVERFLOW);
    lock.l_whence = SEEK_SET;
  }
  if (lock.l_whence != SEEK_SET) return Errno(EINVAL);
  TRY(to_range(lock, begin, end));
  const Owner owner{is_of_description(command) ? &file : nullptr, false};
  const bool exclusive = lock.l_type == F_WRLCK;
  if (command == F_GETLK || command == F_OFD_GETLK) {
    sched::SpinGuard guard(lock_);
    const Held* held = lock.l_type == F_UNLCK ? nullptr : conflict(owner, exclusive, begin, end);
    lock.l_type = F_UNLCK;
    if (!held) return ok();
    lock.l_type = held->exclusive ? F_WRLCK : F_RDLCK;
    lock.l_start = static_cast<int64_t>(held->begin);
    lock.l_len = held->end == kEndOfFiles ? 0 : static_cast<int64_t>(held->end - held->begin);
    lock.l_pid = held->owner.description ? -1 : static_cast<int>(boundary::start_info().pid);
    return ok();
  }
  if (lock.l_type == F_RDLCK && !file.readable()) return Errno(EBADF);
  if (lock.l_type == F_WRLCK && !file.writable()) return Errno(EBADF);
  const bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
  return set(owner, begin, end, lock.l_type == F_UNLCK ? nullptr : &exclusive, waits);
}

Result<void> FileLocks::lock_whole(File& file, int operation) {
  const int kind = operation & ~kNonBlocking;
  if (kind != kShared && kind != kExclusive && kind != kUnlock) return Errno(EINVAL);
  const bool exclusive = kind == kExclusive;
  return set({&file, true}, 0, kEndOfFiles, kind == kUnlock ? nullptr : &exclusive,
             !(operation & kNonBlocking));
}

void FileLocks::drop(const Owner& owner) {
  {
    sched::SpinGuard guard(lock_);
    for (Held& held : held_) {
      if (!(held.owner == owner)) continue;
      held.unlink();
      delete &held;
    }
  }
  queue_.notify(EPOLLIN);
}

bool FileLocks::take_process_lock(struct flock& lock) {
  const Owner process{nullptr, false};
  sched::SpinGuard guard(lock_);
  for (Held& held : held_) {
    if (!(held.owner == process)) continue;
    memset(&lock, 0, sizeof lock);
    lock.l_type = held.exclusive ? F_WRLCK : F_RDLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<int64_t>(held.begin);
    lock.l_len = held.end == kEndOfFiles ? 0 : static_cast<int64_t>(held.end - held.begin);
    held.unlink();
    delete &held;
    return true;
  }
  return false;
}

void FileLocks::drop_process_locks() { drop({nullptr, false}); }

void FileLocks::drop_locks_of(File& file) {
  drop({&file, false});
  drop({&file, true});
}

}  // namespace scone::file
