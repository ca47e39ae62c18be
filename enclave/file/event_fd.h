// eventfd(2): a counter that can be waited for.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/wait_queue.h"

namespace scone::file {

// The counter itself, without waiting. Not thread safe.
class EventCounter {
 public:
  static constexpr uint64_t kMax = UINT64_MAX - 1;

  EventCounter(uint64_t initial, bool semaphore) : value_(initial), semaphore_(semaphore) {}
  bool readable() const { return value_ > 0; }
  bool writable() const { return value_ < kMax; }
  // What a read returns; 0: it has to wait.
  uint64_t take() {
    const uint64_t taken = semaphore_ && value_ > 0 ? 1 : value_;
    value_ -= taken;
    return taken;
  }
  // False: a write has to wait. Precondition: amount <= kMax.
  bool add(uint64_t amount) {
    if (amount > kMax - value_) return false;
    value_ += amount;
    return true;
  }

 private:
  uint64_t value_;
  const bool semaphore_;
};

class EventFd final : public File {
 public:
  static Result<Ref<File>> create(uint32_t initial, bool semaphore, int flags);  // ENOMEM

  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;
  Result<size_t> write(IoVector& from, std::optional<uint64_t> offset) override;
  Result<uint64_t> seek(int64_t, int) override { return Errno(ESPIPE); }
  uint32_t poll() override;
  sched::WaitQueue* wait_queue() override { return &queue_; }
  const char* name() const override { return "anon_inode:[eventfd]"; }

 private:
  EventFd(uint32_t initial, bool semaphore, int flags) : File(O_RDWR | flags), counter_(initial, semaphore) {}
  uint64_t take();
  bool add(uint64_t amount);

  sched::SpinLock lock_{sched::LockRank::kObject};
  EventCounter counter_;  // guarded by lock_
  sched::WaitQueue queue_;
};

}  // namespace scone::file
