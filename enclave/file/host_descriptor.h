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

// Closed with its last reference, which may do a host call: never dropped under a spin lock.
class HostDescriptor final : public RefCounted {
 public:
  // ENOMEM; the descriptor is closed then.
  static Result<Ref<HostDescriptor>> create(HostFd fd) {
    auto* object = new (std::nothrow) HostDescriptor(std::move(fd));
    if (!object) return Errno(ENOMEM);
    return Ref<HostDescriptor>::adopt(object);
  }
  ~HostDescriptor() = default;

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

  // fsync(2) or fdatasync(2). kRestartSys.
  Result<void> sync(bool data_only);

 private:
  explicit HostDescriptor(HostFd fd) : fd_(std::move(fd)) {}
  HostFd fd_;
  std::atomic<bool> shared_{false};
  HostSync sync_;
  std::atomic<int> lock_error_{0};
  mutable std::atomic<uint64_t> last_size_{0};
};

}  // namespace scone::file
