// The set of an epoll descriptor: adding, changing, removing. Reporting is in epoll_wait.cc.
#include "enclave/file/epoll.h"

#include <linux/errno.h>

#include <new>
#include <utility>

#include "enclave/net/readiness.h"

namespace scone::file {
namespace {

// Modes, as opposed to events.
constexpr uint32_t kModes = EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE;
// What may be combined with EPOLLEXCLUSIVE (epoll_ctl(2)).
constexpr uint32_t kExclusiveOk = EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM | EPOLLERR | EPOLLHUP |
                                  EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;
constexpr int kMaxNesting = 5;
constexpr size_t kFirstBuckets = 16;

constinit sched::SpinLock g_files_lock{sched::LockRank::kObject};  // every File::epoll_items_
constinit sched::Mutex g_nesting_mutex;                            // building nested sets; before any mutex_

}  // namespace

void File::descriptor_removed() {
  if (descriptors_.fetch_sub(1) == 1) Epoll::forget(*this);
}

Result<Ref<Epoll>> Epoll::create() {
  auto* epoll = new (std::nothrow) Epoll;
  if (!epoll) return Errno(ENOMEM);
  return Ref<Epoll>::adopt(epoll);
}

Epoll::~Epoll() {
  for (size_t i = 0; i < bucket_count_; ++i) {
    while (EpollItem* item = buckets_[i]) {
      buckets_[i] = item->next_;
      detach(*item);
      delete item;
    }
  }
  delete[] buckets_;
}

EpollItem** Epoll::find(int fd, const File& file) {
  if (bucket_count_ == 0) return nullptr;
  EpollItem** place = &buckets_[static_cast<size_t>(fd) & (bucket_count_ - 1)];
  for (; *place; place = &(*place)->next_)
    if ((*place)->fd_ == fd && (*place)->file_.get() == &file) return place;
  return nullptr;
}

Result<void> Epoll::grow_buckets() {
  if (item_count_ < bucket_count_) return ok();
  const size_t count = bucket_count_ ? bucket_count_ * 2 : kFirstBuckets;
  auto** larger = new (std::nothrow) EpollItem*[count]();
  if (!larger) return Errno(ENOMEM);
  for (size_t i = 0; i < bucket_count_; ++i) {
    while (EpollItem* item = buckets_[i]) {
      buckets_[i] = item->next_;
      EpollItem*& head = larger[static_cast<size_t>(item->fd_) & (count - 1)];
      item->next_ = head;
      head = item;
    }
  }
  delete[] std::exchange(buckets_, larger);
  bucket_count_ = count;
  return ok();
}

Result<void> Epoll::add(int fd, Ref<File> file, const epoll_event& event) {
  if (!file->wait_queue()) return Errno(EPERM);
  if (file.get() == this) return Errno(EINVAL);
  Epoll* inner = file->as_epoll();
  if ((event.events & EPOLLEXCLUSIVE) && (inner || (event.events & ~kExclusiveOk))) return Errno(EINVAL);
  if (!inner) return insert(fd, std::move(file), event);
  sched::MutexGuard guard(g_nesting_mutex);
  TRY(check_nesting(*this, *inner));
  return insert(fd, std::move(file), event);
}

Result<void> Epoll::insert(int fd, Ref<File> file, const epoll_event& event) {
  sched::MutexGuard guard(mutex_);
  if (find(fd, *file)) return Errno(EEXIST);
  TRY(grow_buckets());
  auto* item = new (std::nothrow) EpollItem(*this, std::move(file), fd);
  if (!item) return Errno(ENOMEM);
  File& watched = *item->file_;
  {
    sched::SpinGuard files_guard(g_files_lock);
    watched.epoll_items_.push_back(*item);
  }
  // Closed by another thread meanwhile: forget() may have come too early to see the item.
  if (!has_descriptors(watched)) {
    detach(*item);
    delete item;
    return Errno(EBADF);
  }
  EpollItem*& head = buckets_[static_cast<size_t>(fd) & (bucket_count_ - 1)];
  item->next_ = head;
  head = item;
  ++item_count_;
  watched.wait_queue()->add(*item);
  arm(*item, event);
  return ok();
}

// What is not known of a host descriptor is asked when somebody waits: then about many at once. The item stands in the
// file's queue already, so what happens from now on comes as a wake-up.
void Epoll::arm(EpollItem& item, const epoll_event& event) {
  const uint32_t interest = event.events | EPOLLERR | EPOLLHUP;
  item.data_ = event.data;
  item.interest_.store(interest);
  item.file_->expect(event.events & ~kModes);
  net::ReadySource* source = item.file_->ready_source();
  const bool maybe =
      source ? source->state().worth_trying(net::without_bands(interest)) : item.file_->poll() & interest;
  if (maybe) set_ready(item);
}

Result<void> Epoll::modify(int fd, File& file, const epoll_event& event) {
  sched::MutexGuard guard(mutex_);
  EpollItem** place = find(fd, file);
  if (!place) return Errno(ENOENT);
  if ((event.events | (*place)->interest_.load()) & EPOLLEXCLUSIVE) return Errno(EINVAL);
  arm(**place, event);
  return ok();
}

Result<void> Epoll::remove(int fd, File& file) {
  EpollItem* item;
  {
    sched::MutexGuard guard(mutex_);
    EpollItem** place = find(fd, file);
    if (!place) return Errno(ENOENT);
    item = *place;
    *place = item->next_;
    --item_count_;
    detach(*item);
  }
  delete item;
  return ok();
}

// Afterwards nobody but the caller knows the item.
void Epoll::detach(EpollItem& item) {
  {
    sched::SpinGuard guard(g_files_lock);
    item.ListNode<EpollItem>::unlink();
  }
  item.file_->wait_queue()->remove(item);
  sched::SpinGuard guard(ready_lock_);
  if (!item.ListNode<ReadyTag>::linked()) return;
  item.ListNode<ReadyTag>::unlink();
  --ready_count_;
}

void Epoll::forget(File& file) {
  while (true) {
    Ref<Epoll> epoll;
    int fd;
    {
      sched::SpinGuard guard(g_files_lock);
      EpollItem* item = file.epoll_items_.front();
      if (!item) return;
      fd = item->fd_;
      if (item->epoll_.try_ref())
        epoll = Ref<Epoll>::adopt(&item->epoll_);
      else
        item->ListNode<EpollItem>::unlink();  // the set is being destroyed, and the item with it
    }
    if (epoll) (void)epoll->remove(fd, file).ok();
  }
}

// How many sets watch this one, one above the other. ELOOP if `forbidden` is among them, or they are too many. Called with
// g_files_lock held; every item in a list keeps its set's memory in place.
Result<int> Epoll::depth_above(Epoll& epoll, const Epoll& forbidden, int depth) {
  if (&epoll == &forbidden || depth > kMaxNesting) return Errno(ELOOP);
  int deepest = depth;
  for (EpollItem& item : epoll.epoll_items_) {
    const int above = TRY(depth_above(item.epoll_, forbidden, depth + 1));
    if (above > deepest) deepest = above;
  }
  return deepest;
}

Result<void> Epoll::check_nesting(Epoll& outer, const Epoll& inner) {
  sched::SpinGuard guard(g_files_lock);
  const int height = inner.height_.load() + 1;
  const int above = TRY(depth_above(outer, inner, 1));
  if (above + height > kMaxNesting) return Errno(ELOOP);
  // The sets above may now be higher than they know; their own limit was just checked, and is checked from here again.
  if (outer.height_.load() < height) outer.height_.store(height);
  return ok();
}

}  // namespace scone::file
