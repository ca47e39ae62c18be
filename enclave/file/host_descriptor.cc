#include "enclave/file/host_descriptor.h"

#include <asm/unistd.h>

#include "enclave/boundary/round.h"
#include "enclave/file/delegation.h"
#include "enclave/file/path_habits.h"
#include "enclave/process/thread_list.h"

namespace scone::file {

HostDescriptor::~HostDescriptor() { delete delegation(); }

void HostDescriptor::note_name(uint32_t path_hash, uint64_t device) {
  path_hash_.store(path_hash, std::memory_order_relaxed);
  device_.store(device, std::memory_order_relaxed);
  if (path_habits::is_synced(path_hash)) synced_.store(true, std::memory_order_relaxed);
}

void HostDescriptor::note_host_lock() {
  if (not_ours_alone_.load(std::memory_order_relaxed) || path_hash_.load(std::memory_order_relaxed) == 0)
    return;
  Delegation* there = delegation();
  if (!there) {
    auto* made = new (std::nothrow) Delegation(*this);
    if (!made) return;
    if (delegation_.compare_exchange_strong(there, made, std::memory_order_acq_rel))
      there = made;
    else
      delete made;  // another thread was faster
  }
  there->note_host_lock();
}

void HostDescriptor::recall(bool for_good) {
  if (for_good) not_ours_alone_.store(true, std::memory_order_relaxed);
  if (Delegation* there = delegation()) there->recall(for_good);
}

Result<void> HostDescriptor::check_locks() const {
  const Delegation* there = delegation();
  return there && there->lost_locks() ? Errno(EIO) : ok();
}

Result<void> HostDescriptor::sync(bool data_only) {
  if (const uint32_t hash = path_hash_.load(std::memory_order_relaxed)) {
    synced_.store(true, std::memory_order_relaxed);
    path_habits::note_synced(hash, true);
  }
  const uint64_t call = data_only ? __NR_fdatasync : __NR_fsync;
  TRY(sync_.perform(call, number(), process::threads().count() == 1));
  // The host cut a write short that left with this: its rest has yet to leave.
  while (boundary::effects_wait()) {
    boundary::flush_effects();
    TRY(sync_.perform(call, number(), process::threads().count() == 1));
  }
  unsynced_.store(false, std::memory_order_relaxed);
  return take_write_error();
}

void HostDescriptor::note_write_error(int error) {
  write_error_.store(error, std::memory_order_relaxed);
  if (Delegation* there = delegation()) there->note_failed_write();
}

Result<void> HostDescriptor::take_write_error() {
  if (write_error_.load(std::memory_order_relaxed) == 0) [[likely]]
    return ok();
  if (const int error = write_error_.exchange(0, std::memory_order_relaxed)) return Errno(error);
  return ok();
}

Result<void> HostDescriptor::finish_writes() {
  if (!unsynced_.exchange(false, std::memory_order_relaxed)) return ok();
  // Not synced after all.
  synced_.store(false, std::memory_order_relaxed);
  path_habits::note_synced(path_hash_.load(std::memory_order_relaxed), false);
  boundary::flush_effects();
  return take_write_error();
}

}  // namespace scone::file
