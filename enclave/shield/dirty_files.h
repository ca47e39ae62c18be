// Files with contents that are in the cache only.
#pragma once

#include "base/intrusive_list.h"
#include "base/result.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/mutex.h"

namespace scone::shield {

class RegularInode;

class DirtyFiles {
 public:
  // The file has dirty pages, or is about to. It lives at least until store() has found it clean.
  void add(RegularInode& file);
  // Stores all of them, and those that another thread is storing. The first error; what failed stays, and is tried again next time.
  // Called without a file's content lock.
  Result<void> store();

 private:
  RegularInode* take();
  sched::Mutex store_lock_;
  sched::SpinLock lock_{sched::LockRank::kObject};
  IntrusiveList<RegularInode, DirtyFiles> files_;  // each with a reference; guarded by lock_
  size_t count_ = 0;
};

}  // namespace scone::shield
