// Sending behind.
#include <asm/unistd.h>
#include <linux/errno.h>

#include <atomic>
#include <utility>

#include "base/min_max.h"
#include "enclave/boundary/events.h"
#include "enclave/boundary/host_call.h"
#include "enclave/net/socket_abi.h"
#include "enclave/net/stream.h"
#include "enclave/net/stream_arrivals.h"
#include "enclave/sched/clock.h"

namespace scone::net {
namespace {

// Small sends follow each other in one piece of memory, which the kernel then gets at once.
constexpr size_t kSmallestMemory = 4096;
constexpr size_t kLargestMemory = 256 << 10;
constexpr size_t kOffsetCells = sizeof(epoll_event) + 4;
static_assert(kOffsetCells % sizeof(uint64_t) == 0);

constinit sched::SpinLock g_list_lock{sched::LockRank::kSendList};
constinit IntrusiveList<Stream, SendListTag> g_want_to_send;  // guarded by g_list_lock
constinit std::atomic<uint32_t> g_listed{0};                  // its length
constinit std::atomic<uint32_t> g_unsent{0};                  // streams that have something to send

}  // namespace

void Stream::Call::prepare(Stream& stream, Done done, const boundary::CallArguments& call, int64_t expected,
                           bool linked) {
  stream_ = &stream;
  done_ = done;
  call_ = call;
  expected_ = expected;
  linked_ = linked;
  awaited_ = false;
}

// lock_ held. An edge of the host or own progress made this true. As the kernel, it tells only those whom it had turned away.
void Stream::show_room() {
  const bool before = source_.state().yes() & EPOLLOUT;
  const bool room = broken_ || (unsent_ <= kSendRoom / 2 && segment_count_ < kSegments);
  source_.know(EPOLLOUT, room);
  if (room && !before) source_.queue().notify(with_bands(EPOLLOUT));
}

// lock_ held.
void Stream::want_to_send() {
  if (listed_ || under_way_ > 0 || blocked_ || unsent_ == 0) return;
  listed_ = true;
  sched::SpinGuard guard(g_list_lock);
  g_want_to_send.push_back(*this);
  g_listed.store(g_listed.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

Result<int> Stream::error_or_room(size_t& room, bool keep_error) {
  sched::SpinGuard guard(lock_);
  if (error_) return Errno(keep_error ? error_ : tell_error());
  if (broken_ || write_shut_) return Errno(EPIPE);
  room = unsent_ < kSendRoom ? kSendRoom - unsent_ : 0;
  if (room == 0) source_.know(EPOLLOUT, false);
  return 0;
}

// The last segment, if it has memory left.
Stream::Segment* Stream::open_segment(size_t wanted) {
  sched::SpinGuard guard(lock_);
  if (segment_count_ == 0) return nullptr;
  Segment& last = segments_[(first_segment_ + segment_count_ - 1) % kSegments];
  if (last.file || last.memory.size() - last.end < min_of(wanted, kSmallestMemory / 4)) return nullptr;
  appending_ = true;
  return &last;
}

Result<Stream::Segment*> Stream::add_segment(size_t wanted) {
  HostBuffer memory;
  for (size_t size = max_of(min_of(wanted, kLargestMemory), kSmallestMemory);; size /= 2) {
    Result<HostBuffer> allocated = HostBuffer::allocate(size);
    if (!allocated.ok() && size > kSmallestMemory) continue;
    memory = TRY(std::move(allocated));
    break;
  }
  sched::SpinGuard guard(lock_);
  if (segment_count_ == kSegments) return Errno(EAGAIN);
  Segment& segment = segments_[(first_segment_ + segment_count_++) % kSegments];
  segment.memory = std::move(memory);
  segment.begin = segment.end = 0;
  appending_ = true;
  return &segment;
}

void Stream::commit(Segment& segment, size_t count) {
  sched::SpinGuard guard(lock_);
  appending_ = false;
  segment.end += count;
  account(count);
}

// lock_ held: so many bytes more are in the segments.
void Stream::account(size_t count) {
  if (!holds_owner_ && count > 0) {
    holds_owner_ = true;
    owner_.ref();
    g_unsent.fetch_add(1, std::memory_order_relaxed);
  }
  unsent_ += count;
  if (unsent_ >= kSendRoom || segment_count_ == kSegments) source_.know(EPOLLOUT, false);
  want_to_send();
}

Result<size_t> Stream::put(file::IoVector& from) {
  sched::MutexGuard writer(putting_);
  size_t done = 0;
  while (from.remaining() > 0) {
    size_t room = 0;
    Result<int> error = error_or_room(room, done > 0);
    if (!error.ok() && done == 0) return error.error();
    const size_t wanted = min_of(from.remaining(), room);
    if (!error.ok() || wanted == 0) break;
    Segment* segment = open_segment(wanted);
    if (!segment) {
      Result<Segment*> added = add_segment(wanted);
      if (!added.ok() && done == 0) return added.error();
      if (!added.ok()) break;
      segment = added.value();
    }
    const size_t count = min_of(wanted, segment->memory.size() - segment->end);
    Result<size_t> gathered = from.gather(segment->memory, segment->end, count);
    commit(*segment, gathered.ok() ? gathered.value() : 0);
    if (!gathered.ok() && done == 0) return gathered;
    if (!gathered.ok()) break;
    done += gathered.value();
    if (gathered.value() < count) break;
  }
  if (done == 0 && from.remaining() > 0) return Errno(EAGAIN);
  return done;
}

Result<size_t> Stream::put_file(const Ref<file::HostDescriptor>& file, uint64_t offset, size_t count) {
  sched::MutexGuard writer(putting_);
  size_t room = 0;
  TRY(error_or_room(room, false));
  if (room == 0) return Errno(EAGAIN);
  sched::SpinGuard guard(lock_);
  if (segment_count_ == kSegments) return Errno(EAGAIN);
  Segment& segment = segments_[(first_segment_ + segment_count_++) % kSegments];
  segment.file = file;
  segment.begin = offset;
  segment.end = offset + count;
  account(count);
  return count;
}

// lock_ held. Hands over memory that is not needed any more.
void Stream::advance(uint64_t count) {
  unsent_ -= count;
  while (segment_count_ > 0) {
    Segment& first = segments_[first_segment_];
    const uint64_t part = min_of(count, first.left());
    first.begin += part;
    count -= part;
    if (first.left() > 0 || (segment_count_ == 1 && appending_)) break;
    first.memory = HostBuffer();
    first.file = nullptr;
    first_segment_ = (first_segment_ + 1) % kSegments;
    --segment_count_;
  }
}

// lock_ held. A dead connection takes nothing any more.
void Stream::drop_unsent() { advance(unsent_); }

void Stream::prepare_segment(Call& call, Segment& segment, size_t index, bool more, bool linked) {
  const uint64_t left = segment.left();
  const auto expected = static_cast<int64_t>(left);
  if (segment.file) {
    const size_t cell = kOffsetCells + index * sizeof(uint64_t);
    cells_.put(cell, segment.begin);
    call.prepare(*this, &Stream::sent,
                 {__NR_sendfile, {number(), segment.file->number(), cells_.address() + cell, left}}, expected,
                 linked);
    return;
  }
  const auto flags = static_cast<uint64_t>(kMsgDontWait | kMsgNoSignal | (more ? kMsgMore : 0));
  call.prepare(*this, &Stream::sent,
               {__NR_sendto, {number(), segment.memory.address() + segment.begin, left, flags}}, expected,
               linked);
}

// What there is now goes out with the coming exit. One batch is under way at a time, so bytes stay in order.
void Stream::post_pending() {
  uint32_t count = 0;
  {
    sched::SpinGuard guard(lock_);
    listed_ = false;
    advance(0);  // what a writer that failed left empty
    for (; count < segment_count_ && count < kSendCalls; ++count) {
      Segment& segment = segments_[(first_segment_ + count) % kSegments];
      if (segment.left() == 0) break;
      const bool more = count + 1 < min_of(segment_count_, kSendCalls) &&
                        segments_[(first_segment_ + count + 1) % kSegments].left() > 0;
      prepare_segment(sends_[count], segment, count, more, count > 0);
    }
    under_way_ = count;
    // More segments, somebody who waits for room, a close or shutdown(2) is to follow at once.
    const bool follows = count < segment_count_ || unsent_ > kSendRoom / 2;
    if (count > 0 && (follows || write_shut_ || !owner_.has_descriptors())) sends_[count - 1].await();
  }
  for (uint32_t i = 0; i < count; ++i) boundary::post(sends_[i]);
}

void Stream::sent(Call& call, int64_t result) {
  bool finished = false;
  {
    sched::SpinGuard guard(lock_);
    if (result > call.expected()) boundary::host_violation("more bytes sent than there were");
    if (result > 0) advance(static_cast<uint64_t>(result));
    // A file that became shorter after it was promised: what is missing cannot be made up.
    if (result == 0)
      break_down(EIO);
    else if (result == -EAGAIN || (result > 0 && result < call.expected()))
      blocked_ = true;
    else if (result < 0 && result != -ECANCELED && result != -EINTR)
      break_down(boundary::check_result(result).error().code());
    if (--under_way_ > 0) return;
    finished = conclude();
  }
  if (finished) release_owner();
}

// lock_ held. What follows from a batch, or from room. True if all is sent, and the reference to the owner is to be released.
bool Stream::conclude() {
  if (broken_) drop_unsent();
  if (unsent_ > 0 && blocked_) {
    ask_for_room();
  }
  show_room();
  if (unsent_ > 0) {
    want_to_send();
    return false;
  }
  blocked_ = false;
  if (shut_down_how_ >= 0 && !broken_) {
    shutdown_.prepare(*this, &Stream::shut_down,
                      {__NR_shutdown, {number(), static_cast<uint64_t>(shut_down_how_)}}, 0, false);
    boundary::post(shutdown_);
    return false;  // released by shut_down()
  }
  holds_owner_ = false;
  g_unsent.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

// lock_ held. Has the host report when there is room; if there is some now, at once.
void Stream::ask_for_room() {
  // Behind a first kReceive, which may leave with another ethread and asks the host for less.
  room_wanted_ = room_asked_ || asking_;
  if (room_wanted_) return;
  room_asked_ = true;
  epoll_event event{};
  event.events = kReadyEvents | EPOLLET;
  event.data = source_.token();
  cells_.put(0, event);
  room_.prepare(
      *this, &Stream::asked_for_room,
      {__NR_epoll_ctl,
       {static_cast<uint64_t>(boundary::master_epoll()), EPOLL_CTL_MOD, number(), cells_.address()}},
      0, false);
  owner_.ref();
  boundary::post(room_);
}

void Stream::asked_for_room(Call&, int64_t result) {
  bool finished = false;
  {
    sched::SpinGuard guard(lock_);
    room_asked_ = false;
    const Result<uint64_t> checked = boundary::check_result(result);
    if (!checked.ok() && blocked_) {
      // No edge will come: what is unsent would wait for ever. (Unless one came meanwhile; then nothing is lost.)
      break_down(checked.error().code());
      finished = under_way_ == 0 && conclude();
    } else if (room_wanted_ && blocked_) {
      ask_for_room();
    }
  }
  if (finished) release_owner();
  release_owner();
}

void Stream::shut_down(Call&, int64_t) {
  {
    sched::SpinGuard guard(lock_);
    holds_owner_ = false;
  }
  g_unsent.fetch_sub(1, std::memory_order_relaxed);
  source_.queue().notify(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
  release_owner();
}

bool Stream::shut_down_later(int how) {
  sched::SpinGuard guard(lock_);
  if (how == 0) return false;  // SHUT_RD concerns nothing that is sent
  write_shut_ = true;
  if (unsent_ == 0) return false;
  shut_down_how_ = how;
  return true;
}

bool Stream::sent_all() {
  sched::SpinGuard guard(lock_);
  return unsent_ == 0;
}

bool Stream::blocked() {
  sched::SpinGuard guard(lock_);
  return blocked_;
}

void Stream::on_edge(uint32_t events) {
  constexpr uint32_t kProgress = EPOLLOUT | EPOLLERR | EPOLLHUP;
  sched::SpinGuard guard(lock_);
  source_.know(EPOLLIN, readable());
  const bool room = broken_ || (unsent_ <= kSendRoom / 2 && segment_count_ < kSegments);
  source_.know(EPOLLOUT, room);
  // show_room() will find it told.
  if (room) source_.queue().notify(with_bands(EPOLLOUT));
  if (!(events & kProgress) || !blocked_) return;
  blocked_ = false;
  want_to_send();
}

void post_sends() {
  if (g_listed.load(std::memory_order_relaxed) == 0) return;
  for (;;) {
    Stream* stream;
    {
      sched::SpinGuard guard(g_list_lock);
      stream = g_want_to_send.pop_front();
      if (!stream) return;
      g_listed.store(g_listed.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    }
    stream->post_pending();
  }
}

bool sends_wait() { return g_listed.load(std::memory_order_relaxed) > 0; }

void finish_sends() {
  // The kernel would go on for about as long without the process; here the process's end waits for a peer that does not read.
  constexpr uint64_t kPatienceNs = 5'000'000'000;
  constexpr uint64_t kStepNs = 20'000'000;
  const uint64_t end = sched::now_ns() + kPatienceNs;
  while (g_unsent.load(std::memory_order_relaxed) > 0 && sched::now_ns() < end)
    boundary::wait_for_events(sends_wait() ? 0 : sched::now_ns() + kStepNs);
}

}  // namespace scone::net
