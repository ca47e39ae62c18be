// Record locks (fcntl(2)) and whole-file locks (flock(2)) of a file that the enclave keeps.
#pragma once

#include <linux/fcntl.h>

#include <cstdint>

#include "base/intrusive_list.h"
#include "base/result.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/wait_queue.h"

namespace scone::file {

class File;

// Of one file, whatever its names and open descriptions. The process is the only one that takes part. Thread safe.
class FileLocks {
 public:
  FileLocks() = default;
  FileLocks(const FileLocks&) = delete;
  FileLocks& operator=(const FileLocks&) = delete;
  ~FileLocks();

  // F_GETLK, F_SETLK, F_SETLKW and the F_OFD_… ones; `lock` is the program's with l_whence SEEK_SET, and F_GETLK's answer. EAGAIN, EBADF,
  // EINVAL, EOVERFLOW, ENOLCK, kRestartSys. `file` is the open description.
  Result<void> record_lock(File& file, int command, struct flock& lock);
  // flock(2): LOCK_SH, LOCK_EX, LOCK_UN, with LOCK_NB. EAGAIN, EINVAL, ENOLCK, kRestartSys.
  Result<void> lock_whole(File& file, int operation);
  // Takes one of the process's F_SETLK locks out, as a request for the same one. False: there is none.
  bool take_process_lock(struct flock& lock);
  // The process closed a descriptor: its F_SETLK locks are gone.
  void drop_process_locks();
  // The open description is gone.
  void drop_locks_of(File& file);

 private:
  // Who holds a lock: the process (description == nullptr) or an open description; flock's locks are a kind of their own.
  struct Owner {
    const File* description;
    bool whole;
    friend bool operator==(const Owner&, const Owner&) = default;
  };
  struct Held : ListNode<Held> {
    Owner owner;
    bool exclusive;
    uint64_t begin, end;  // [begin, end)
  };
  const Held* conflict(const Owner& owner, bool exclusive, uint64_t begin,
                       uint64_t end);  // lock_ held, as below
  Result<void> replace(const Owner& owner, uint64_t begin, uint64_t end, const bool* exclusive);
  void drop(const Owner& owner);
  Result<void> set(const Owner& owner, uint64_t begin, uint64_t end, const bool* exclusive, bool wait);

  sched::SpinLock lock_{sched::LockRank::kObject};
  IntrusiveList<Held> held_;  // guarded by lock_; owned
  sched::WaitQueue queue_;
};

}  // namespace scone::file
