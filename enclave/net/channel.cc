#include "enclave/net/channel.h"

#include <linux/errno.h>

#include <bit>
#include <new>

#include "base/min_max.h"

namespace scone::net {
namespace {

constexpr size_t kSmallestRing = 4096;

}  // namespace

Channel::~Channel() {
  while (Record* record = records_.pop_front()) delete record;
}

void Channel::publish() {
  used_.store(ring_.used(), std::memory_order_release);
  record_count_.store(records_held_, std::memory_order_release);
}

bool Channel::can_take(size_t size, bool stream) const {
  if (record_count_.load() >= kMaxRecords) return false;
  return used() + (stream ? 1 : size) <= kCapacity;
}

size_t Channel::next_size(bool stream) {
  sched::MutexGuard guard(mutex_);
  if (stream) return ring_.used();
  Record* record = records_.front();
  return record ? record->size : 0;
}

// Memory grows with what is under way.
Result<void> Channel::make_room(size_t size) {
  if (ring_.free() >= size) return ok();
  const size_t wanted = std::bit_ceil(max_of(ring_.used() + size, kSmallestRing));
  return ring_.resize(min_of(wanted, kCapacity));
}

Result<size_t> Channel::copy_in(file::IoVector& from, size_t size) {
  size_t done = 0;
  while (done < size) {
    const auto room = ring_.room();
    const size_t length = min_of(room.size(), size - done);
    Result<size_t> moved = from.gather(room.data(), length);
    if (!moved.ok() && done == 0) return moved;
    if (!moved.ok()) break;
    ring_.produce(moved.value());
    done += moved.value();
    if (moved.value() < length) break;
  }
  return done;
}

Result<size_t> Channel::put(file::IoVector& from, bool stream, PassedFiles& files,
                            const std::optional<Credentials>& credentials) {
  sched::MutexGuard guard(mutex_);
  size_t size = from.remaining();
  if (stream && size == 0) return size_t{0};
  if (!stream && size > kCapacity) return Errno(EMSGSIZE);
  const size_t room = kCapacity - ring_.used();
  if (records_held_ >= kMaxRecords || room < (stream ? 1 : size)) return Errno(EAGAIN);
  size = min_of(size, room);
  TRY(make_room(size));
  const bool merge = stream && files.empty() && !credentials && last_ && last_->plain();
  Record* record = merge ? last_ : new (std::nothrow) Record;
  if (!record) return Errno(ENOMEM);
  Result<size_t> copied = copy_in(from, size);
  if (copied.ok() && copied.value() < size && !stream) {
    ring_.retract(copied.value());
    copied = Errno(EFAULT);
  }
  if (!copied.ok()) {
    if (!merge) delete record;
    return copied;
  }
  record->size += copied.value();
  if (!merge) {
    record->files = std::move(files);
    record->credentials = credentials;
    records_.push_back(*record);
    last_ = record;
    ++records_held_;
  }
  publish();
  return copied;
}

Result<size_t> Channel::copy_out(file::IoVector& to, size_t skip, size_t size) {
  size_t done = 0;
  while (done < size) {
    const auto bytes = ring_.contents(skip + done);
    const size_t length = min_of(bytes.size(), size - done);
    Result<size_t> moved = to.scatter(bytes.data(), length);
    if (!moved.ok() && done == 0) return moved;
    if (!moved.ok()) break;
    done += moved.value();
    if (moved.value() < length) break;
  }
  return done;
}

Result<void> Channel::take_attachments(Record& record, Taken& taken, bool peek) {
  taken.credentials = record.credentials;
  if (peek)
    taken.files = TRY(record.files.copy());
  else
    taken.files = std::move(record.files);
  return ok();
}

void Channel::drop(Record& record) {
  record.unlink();
  if (last_ == &record) last_ = nullptr;
  --records_held_;
  delete &record;
}

Result<Channel::Taken> Channel::take(file::IoVector& to, bool stream, bool peek) {
  sched::MutexGuard guard(mutex_);
  if (!records_.front()) return Errno(EAGAIN);
  Taken taken;
  for (Record& record : records_) {
    const bool first = taken.length == 0;
    if (!first && !record.plain()) break;
    const size_t size = min_of(record.size, to.remaining());
    Result<size_t> copied = copy_out(to, peek ? taken.length : 0, size);
    if (!copied.ok() && first) return copied.error();
    if (!copied.ok()) break;
    const bool attached = !record.plain();
    if (attached) TRY(take_attachments(record, taken, peek));
    const size_t gone = stream ? copied.value() : record.size;
    taken.count += copied.value();
    taken.length += gone;
    if (!peek) {
      ring_.consume(gone);
      record.size -= gone;
      if (record.size == 0) drop(record);
    }
    if (!stream || attached || to.remaining() == 0 || copied.value() < size) break;
  }
  publish();
  return taken;
}

}  // namespace scone::net
