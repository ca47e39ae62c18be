#include "enclave/file/delegation.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/magic.h>

#include <iterator>
#include <new>
#include <utility>

#include "abi/border.h"
#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"
#include "enclave/file/host_descriptor.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/mode.h"
#include "enclave/file/recall_thread.h"
#include "enclave/sched/clock.h"

namespace scone::file {
namespace {

// Locks asked of the host before the file itself is worth asking for.
constexpr uint32_t kLocksBefore = 16;
// Not to fight over a file that others open again and again: the next attempt comes later each time.
constexpr uint64_t kLeastPauseNs = 10'000'000;
constexpr uint64_t kMostPauseNs = 1'000'000'000;

// File systems on which all openers go through this kernel. Others (networks, FUSE) have leases that know only of local ones.
bool is_local(uint64_t type) {
  switch (type) {
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
    case EXT4_SUPER_MAGIC:  // and its predecessors
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
      return true;
    default:
      return false;
  }
}

bool is_everything(const struct flock& lock) { return lock.l_start == 0 && lock.l_len == 0; }

// False: the host refuses.
bool lock_on_host(uint64_t descriptor, const struct flock& lock) {
  Result<HostBuffer> buffer = HostBuffer::allocate(sizeof lock);
  if (!buffer.ok()) return false;
  buffer.value().put(0, lock);
  return host_call(__NR_fcntl, descriptor, F_SETLK, buffer.value().address()).ok();
}

}  // namespace

// All there are.
class DelegationList {
 public:
  void add(Delegation& delegation) {
    sched::SpinGuard guard(lock_);
    list_.push_back(delegation);
  }
  void remove(Delegation& delegation) {
    sched::SpinGuard guard(lock_);
    delegation.unlink();
  }
  // One that is held; nullptr: none is.
  Ref<HostDescriptor> any_held() {
    sched::SpinGuard guard(lock_);
    for (Delegation& delegation : list_)
      if (delegation.held() && delegation.descriptor_.try_ref())
        return Ref<HostDescriptor>::adopt(&delegation.descriptor_);
    return nullptr;
  }

 private:
  sched::SpinLock lock_{sched::LockRank::kObject};
  IntrusiveList<Delegation> list_;  // guarded by lock_
};

namespace {
constinit DelegationList g_list;
}  // namespace

// Whichever it is that somebody wants: there are few, and they come back.
void recall_all_delegations() {
  while (Ref<HostDescriptor> descriptor = g_list.any_held()) descriptor->recall(false);
}

Delegation::Delegation(HostDescriptor& descriptor) : descriptor_(descriptor), pause_ns_(kLeastPauseNs) {
  g_list.add(*this);
}

Delegation::~Delegation() {
  g_list.remove(*this);
  page_cache().drop_from(pages_, 0);
}

void Delegation::note_host_lock() {
  sched::MutexGuard guard(mutex_);
  if (held() || banned_ || ++host_locks_ < kLocksBefore || sched::now_ns() < not_before_ns_) return;
  acquire();
}

void Delegation::acquire() {
  const uint64_t descriptor = descriptor_.number();
  // First, so that whoever wants it at once finds it.
  held_.store(true, std::memory_order_release);
  bool granted = false;
  Result<HostBuffer> answer = HostBuffer::allocate(kHostStatSize + kHostStatfsSize);
  if (answer.ok() && start_recall_thread()) {
    const uint64_t stat = answer.value().address(), statfs = stat + kHostStatSize;
    const boundary::CallArguments calls[] = {{__NR_fstatfs, {descriptor, statfs}},
                                             {__NR_fcntl, {descriptor, F_SETSIG, abi::kLeaseSignal}},
                                             {__NR_fcntl, {descriptor, F_SETLEASE, F_WRLCK}},
                                             {__NR_fstat, {descriptor, stat}}};
    int64_t results[std::size(calls)];
    boundary::host_calls(calls, results);
    granted = true;
    for (const int64_t result : results) granted = boundary::check_result(result).ok() && granted;
    if (granted) granted = accept(answer.value());
    if (!granted && boundary::check_result(results[2]).ok()) give_lease_back();
  }
  if (granted) {
    held_since_ns_ = sched::now_ns();
    locks_on_host_ = true;
    return;
  }
  held_.store(false, std::memory_order_release);
  pause_ns_ = min_of(2 * pause_ns_, kMostPauseNs);
  not_before_ns_ = sched::now_ns() + pause_ns_;
}

// What the host says of a file that it has just handed over. False: not one to be kept.
bool Delegation::accept(const HostBuffer& answer) {
  struct ::stat stat;
  answer.read(0, &stat, sizeof stat);
  struct ::statfs statfs;
  answer.read(kHostStatSize, &statfs, sizeof statfs);
  if (!plausible(stat)) boundary::host_violation("fstat: impossible attributes");
  banned_ = !is_local(static_cast<uint64_t>(statfs.f_type)) || (stat.st_mode & kModeType) != kModeRegular;
  size_ = static_cast<uint64_t>(stat.st_size);
  stale_.store(false, std::memory_order_relaxed);
  return !banned_;
}

void Delegation::give_lease_back() {
  (void)host_call(__NR_fcntl, descriptor_.number(), F_SETLEASE, F_UNLCK).ok();
}

bool Delegation::still_held() {
  if (held() && recall_is_due()) recall(false);
  return held();
}

void Delegation::recall(bool for_good) {
  sched::MutexGuard guard(mutex_);
  banned_ = banned_ || for_good;
  if (!held()) return;
  boundary::await_effects();
  struct flock lock;
  while (locks_.take_process_lock(lock))
    if (!lock_on_host(descriptor_.number(), lock)) lost_locks_.store(true, std::memory_order_relaxed);
  give_lease_back();
  page_cache().drop_from(pages_, 0);
  held_.store(false, std::memory_order_release);
  const uint64_t now = sched::now_ns();
  pause_ns_ = now - held_since_ns_ > kMostPauseNs ? kLeastPauseNs : min_of(2 * pause_ns_, kMostPauseNs);
  not_before_ns_ = now + pause_ns_;
}

std::optional<Result<void>> Delegation::record_lock(File& file, int command, struct flock& lock) {
  const bool sets = command == F_SETLK || command == F_SETLKW;
  const bool of_process = sets || command == F_GETLK, unlocks = sets && lock.l_type == F_UNLCK;
  if (unlocks && is_everything(lock)) lost_locks_.store(false, std::memory_order_relaxed);
  if (!still_held()) return std::nullopt;
  if (!of_process || lock.l_whence != SEEK_SET) {
    recall(!of_process);
    return std::nullopt;
  }
  sched::MutexGuard guard(mutex_);
  if (!held()) return std::nullopt;
  TRY(locks_.record_lock(file, command, lock));
  if (!unlocks || !locks_on_host_) return ok();
  if (!lock_on_host(descriptor_.number(), lock)) return Result<void>(Errno(ENOLCK));
  if (is_everything(lock)) locks_on_host_ = false;
  return ok();
}

bool Delegation::drop_process_locks() {
  lost_locks_.store(false, std::memory_order_relaxed);
  if (!held()) return false;
  sched::MutexGuard guard(mutex_);
  if (!held()) return false;
  locks_.drop_process_locks();
  return !locks_on_host_;
}

}  // namespace scone::file
