// epoll(7), wholly inside the enclave: sets of files and which of them may be ready.
#pragma once

#include <linux/eventpoll.h>

#include <atomic>
#include <cstdint>

#include "base/intrusive_list.h"
#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/file/file.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/mutex.h"
#include "enclave/sched/timer.h"
#include "enclave/sched/wait_queue.h"

namespace scone::file {

class Epoll;
struct ReadyTag;

// One watched file in one set. Stands in the file's wait queue; in the set's ready list when the file may be ready.
class EpollItem final : public sched::Waiter, public ListNode<EpollItem>, public ListNode<ReadyTag> {
 public:
  EpollItem(Epoll& epoll, Ref<File> file, int fd) : epoll_(epoll), file_(std::move(file)), fd_(fd) {}
  void notify(uint32_t events) override;

 private:
  friend class Epoll;
  Epoll& epoll_;
  const Ref<File> file_;
  const int fd_;
  std::atomic<uint32_t> interest_{0};  // EPOLL* events and modes; no events: disarmed by EPOLLONESHOT
  uint64_t data_ = 0;                  // guarded by the set's mutex
  EpollItem* next_ = nullptr;          // in its bucket; guarded by the set's mutex
};

// A set keeps its files alive until their last descriptor closes (File::descriptor_removed). It owns its items.
//
// Locks: mutex_ guards the set and is held while files are asked, so a set that watches another one locks it: outer
// before inner; loops cannot be built. ready_lock_ guards what wake-ups touch.
class Epoll final : public File {
 public:
  static Result<Ref<Epoll>> create();  // ENOMEM
  ~Epoll() override;

  // epoll_ctl(2). `file` is what `fd` refers to. EEXIST, ENOENT, EPERM, EINVAL, ELOOP, ENOMEM, EBADF.
  Result<void> add(int fd, Ref<File> file, const epoll_event& event);
  Result<void> modify(int fd, File& file, const epoll_event& event);
  Result<void> remove(int fd, File& file);

  // Takes up to `limit` ready events, parking until there is one or the deadline (CLOCK_MONOTONIC ns; 0: does not park).
  // EINTR, EFAULT.
  Result<size_t> wait(AppPtr<epoll_event> events, size_t limit, uint64_t deadline_ns);

  uint32_t poll() override;
  sched::WaitQueue* wait_queue() override { return &queue_; }
  void expect(uint32_t) override { watched_.store(true); }
  const char* name() const override { return "anon_inode:[eventpoll]"; }
  Epoll* as_epoll() override { return this; }

  // The last descriptor of `file` is gone: all sets drop it.
  static void forget(File& file);
  static bool has_descriptors(File& file) { return file.descriptors_.load() > 0; }

 private:
  friend class EpollItem;
  struct Sleeper : ListNode<Sleeper> {
    sched::Lthread* thread = nullptr;
  };
  // Tells those who watch the set itself; from a timer, because a wake-up holds the lock of another queue.
  struct Deferred : sched::Timer {
    explicit Deferred(Epoll& epoll) : Timer(&fire), epoll(epoll) {}
    static void fire(Timer& timer);
    Epoll& epoll;
  };
  static constexpr size_t kBatch = 64;

  Epoll() : File(O_RDWR), announcement_(*this) {}

  // mutex_ held:
  Result<void> grow_buckets();
  EpollItem** find(int fd, const File& file);
  void arm(EpollItem& item, const epoll_event& event);
  size_t take_batch(EpollItem** items, size_t limit, size_t& budget);
  size_t ask(EpollItem** items, size_t count, uint32_t* ready);
  void after_report(EpollItem& item);
  Result<size_t> collect(AppPtr<epoll_event> events, size_t limit);

  Result<void> insert(int fd, Ref<File> file, const epoll_event& event);
  void detach(EpollItem& item);
  static Result<void> check_nesting(Epoll& outer, const Epoll& inner);
  static Result<int> depth_above(Epoll& epoll, const Epoll& forbidden, int depth);

  void set_ready(EpollItem& item);
  void set_ready_locked(EpollItem& item);
  void wake_one_locked();
  bool sleep_unless_ready(Sleeper& sleeper);
  void leave_sleep(Sleeper& sleeper);

  sched::Mutex mutex_;
  EpollItem** buckets_ = nullptr;  // by descriptor number; guarded by mutex_
  size_t bucket_count_ = 0;        // 0 or a power of two
  size_t item_count_ = 0;
  std::atomic<int> height_{0};  // sets nested below this one, at most

  sched::SpinLock ready_lock_{sched::LockRank::kReadyList};
  IntrusiveList<EpollItem, ReadyTag> ready_;  // guarded by ready_lock_, as the rest
  size_t ready_count_ = 0;
  IntrusiveList<Sleeper> sleepers_;

  sched::WaitQueue queue_;
  std::atomic<bool> watched_{false};
  Deferred announcement_;
};

}  // namespace scone::file
