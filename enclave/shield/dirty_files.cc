#include "enclave/shield/dirty_files.h"

#include "enclave/shield/regular_inode.h"

namespace scone::shield {

void DirtyFiles::add(RegularInode& file) {
  sched::SpinGuard guard(lock_);
  if (static_cast<ListNode<DirtyFiles>&>(file).linked()) return;
  file.ref();
  files_.push_back(file);
  ++count_;
}

RegularInode* DirtyFiles::take() {
  sched::SpinGuard guard(lock_);
  RegularInode* file = files_.pop_front();
  if (file) --count_;
  return file;
}

Result<void> DirtyFiles::store() {
  // A file is in no list while it is being stored: whoever wants all stored waits for who is at it.
  sched::MutexGuard guard(store_lock_);
  size_t left;
  {
    sched::SpinGuard list_guard(lock_);
    left = count_;  // not those that come meanwhile
  }
  Result<void> result;
  for (; left > 0; --left) {
    const Ref<Inode> file = Ref<Inode>::adopt(take());
    if (!file) break;
    const Result<void> stored = file->regular()->store_dirty();
    if (stored.ok()) continue;
    add(*file->regular());
    if (result.ok()) result = stored;
  }
  return result;
}

}  // namespace scone::shield
