// A file of the host that nobody else has open.
//
// The kernel promises to tell us before anybody else gets to open it: a write lease (fcntl(2), F_SETLEASE). Until then nobody can ask for a lock on it
// or change what is in it, so record locks are kept inside, and contents as well. Network file systems call that a delegation or an oplock. When
// somebody comes, locks that the program holds are placed on the host, and then the lease is given back; whoever opens the file waits for that.
#pragma once

#include <linux/errno.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "base/intrusive_list.h"
#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/file/file_locks.h"
#include "enclave/file/io_vector.h"
#include "enclave/file/page_cache.h"
#include "enclave/sched/mutex.h"

namespace scone::file {

class HostDescriptor;

// Of one open file, made when the program first locks something of it. Thread safe; what may do a host call parks.
class Delegation : public ListNode<Delegation> {
 public:
  // Lives as long as the descriptor.
  explicit Delegation(HostDescriptor& descriptor);
  ~Delegation();

  // A hint.
  bool held() const { return held_.load(std::memory_order_acquire); }
  // The host was asked for a lock: if the program goes on like this, the file is asked for.
  void note_host_lock();
  // Gives it back, if it is held: the host is to do something with the file of which this would not know. `for_good`: and it is not asked for again.
  void recall(bool for_good);

  // As fcntl(2) of a lock whose l_whence is SEEK_SET. None: the host's affair, as all of the following.
  std::optional<Result<void>> record_lock(File& file, int command, struct flock& lock);
  // True: the process's locks, of which one descriptor was closed, were ours to drop.
  bool drop_process_locks();
  // pread(2).
  std::optional<Result<size_t>> read(IoVector& to, uint64_t offset);

  // A write to the host's file, by `write`, which returns how much was written. `bytes`: what, if that is known here; for at most `length` bytes.
  template <typename Write>
  Result<size_t> write_through(uint64_t offset, size_t length, std::span<const uint8_t> bytes, Write write) {
    (void)still_held();
    sched::MutexGuard guard(mutex_);
    if (lost_locks()) return Errno(EIO);
    Result<size_t> count = write();
    if (held()) note_write(offset, length, bytes, count);
    return count;
  }
  // A write that nobody waited for failed, so contents and size are to be fetched again. Does not park.
  void note_failed_write() { stale_.store(true, std::memory_order_relaxed); }
  // The locks that the program held when the file was given back could not be placed on the host.
  bool lost_locks() const { return lost_locks_.load(std::memory_order_relaxed); }

 private:
  friend class DelegationList;
  // Gives it back first if somebody wants it: a process that was stopped for long must not go on as if nothing had happened. A hint, as held().
  bool still_held();
  void acquire();
  bool accept(const HostBuffer& answer);
  void give_lease_back();
  void note_write(uint64_t offset, size_t length, std::span<const uint8_t> bytes,
                  const Result<size_t>& count);
  void update_page(uint64_t index, size_t begin, std::span<const uint8_t> bytes);
  Result<size_t> read_on_host(IoVector& to, uint64_t offset, size_t done);
  Result<void> refresh();
  Result<Pinned> page_at(uint64_t index);
  Result<Pinned> fetch(uint64_t index);

  HostDescriptor& descriptor_;
  sched::Mutex
      mutex_;  // taken before an object's spin lock; guards the rest, the mutexes of open files are taken before it
  std::atomic<bool> held_{false};
  std::atomic<bool> stale_{false};
  std::atomic<bool> lost_locks_{false};
  bool banned_ = false;
  FileLocks locks_;            // those taken since it is held
  bool locks_on_host_ = true;  // there may be older ones, of the host
  uint64_t size_ = 0;
  PageTree pages_;
  // When to ask for it next.
  uint32_t host_locks_ = 0;
  uint64_t not_before_ns_ = 0;
  uint64_t pause_ns_;
  uint64_t held_since_ns_ = 0;
};

// Gives all back that are held. Parks.
void recall_all_delegations();

}  // namespace scone::file
