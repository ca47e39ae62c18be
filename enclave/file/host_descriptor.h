// A host descriptor that several enclave objects use: an open file and its mappings.
#pragma once

#include <linux/errno.h>

#include <atomic>
#include <new>
#include <utility>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/file/host_sync.h"

namespace scone::file {

class Delegation;

// Closed with its last reference, which may do a host call: never dropped under a spin lock.
class HostDescriptor final : public RefCounted {
 public:
  // ENOMEM; the descriptor is closed then.
  static Result<Ref<HostDescriptor>> create(HostFd fd) {
    auto* object = new (std::nothrow) HostDescriptor(std::move(fd));
    if (!object) return Errno(ENOMEM);
    return Ref<HostDescriptor>::adopt(object);
  }
  ~HostDescriptor();

  const HostFd& fd() const { return fd_; }
  uint64_t number() const { return static_cast<uint64_t>(fd_.number()); }
  // Several open(2)s of the program got this one (round_cache.h): what belongs to a description is not to be kept here.
  bool shared() const { return shared_.load(std::memory_order_relaxed); }
  void note_shared() { shared_.store(true, std::memory_order_relaxed); }

  // The size of a regular file as the host last said; 0: unknown, or a file that only looks regular (procfs, tracefs).
  uint64_t last_size() const { return last_size_.load(std::memory_order_relaxed); }
  void note_size(uint64_t size) const { last_size_.store(size, std::memory_order_relaxed); }

  // An unlock that nobody waited for failed: the next lock call tells. 0: none.
  void note_lock_error(int error) { lock_error_.store(error, std::memory_order_relaxed); }
  int take_lock_error() { return lock_error_.exchange(0, std::memory_order_relaxed); }

  // What the host has handed over of the file; nullptr: it was never asked for it.
  Delegation* delegation() const { return delegation_.load(std::memory_order_acquire); }
  // The host granted a lock, for which the process alone answers: made when needed and possible.
  void note_host_lock();
  // Before the host does something with the file of which a delegation does not know. `for_good`: others may from now on.
  void recall(bool for_good);
  // EIO: locks were lost by which the program meant to keep others out.
  Result<void> check_locks() const;

  // fsync(2) or fdatasync(2); also tells what became of writes that nobody waited for. kRestartSys.
  Result<void> sync(bool data_only);

  // It was opened by this name, by us, for writing, and the description is not shared with other processes; `device` as in st_dev. Whether the
  // program is used to syncing what it writes to the file (write_behind.h) is known by the name.
  void note_name(uint32_t path_hash, uint64_t device);
  uint64_t device() const { return device_.load(std::memory_order_relaxed); }
  bool is_synced() const { return synced_.load(std::memory_order_relaxed); }
  // Writes wait, or did since the last sync.
  void note_waiting_write() { unsynced_.store(true, std::memory_order_relaxed); }
  // One of them failed.
  void note_write_error(int error);
  // Errors are told once, by whatever comes first.
  Result<void> take_write_error();
  // close(2): no write waits any more, and their error is told.
  Result<void> finish_writes();

 private:
  explicit HostDescriptor(HostFd fd) : fd_(std::move(fd)) {}
  HostFd fd_;
  std::atomic<bool> shared_{false};
  HostSync sync_;
  std::atomic<int> lock_error_{0};
  std::atomic<Delegation*> delegation_{nullptr};  // owned
  std::atomic<bool> not_ours_alone_{false};
  std::atomic<uint32_t> path_hash_{0};
  std::atomic<uint64_t> device_{0};
  std::atomic<bool> synced_{false};
  std::atomic<bool> unsynced_{false};
  std::atomic<int> write_error_{0};
  mutable std::atomic<uint64_t> last_size_{0};
};

}  // namespace scone::file
