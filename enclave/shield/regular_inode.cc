#include "enclave/shield/regular_inode.h"

#include <linux/falloc.h>

#include <new>

#include "base/min_max.h"
#include "enclave/file/transfer.h"
#include "enclave/runtime/memory.h"

namespace scone::shield {
namespace {

constexpr uint64_t kLargestFile = INT64_MAX;
// What is fetched at once when a file is read from front to back.
constexpr uint64_t kReadAhead = 32;
// A write is copied out of the program's memory in pieces of this size before the file is locked.
constexpr size_t kPiece = 64 << 10;

constinit const uint8_t kZeros[kPageSize] = {};

class Bounce {
 public:
  static Result<Bounce> allocate(size_t size) {
    auto* bytes = new (std::nothrow) uint8_t[size];
    if (!bytes) return Errno(ENOMEM);
    return Bounce(bytes, size);
  }
  Bounce(Bounce&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)), size_(other.size_) {}
  ~Bounce() { delete[] bytes_; }
  std::span<uint8_t> span() const { return {bytes_, size_}; }

 private:
  Bounce(uint8_t* bytes, size_t size) : bytes_(bytes), size_(size) {}
  uint8_t* bytes_;
  size_t size_;
};

}  // namespace

// content_lock_ held: how many pages from this one on are fetched together.
uint64_t RegularInode::pages_to_fetch(uint64_t index) {
  const bool in_order = index == 0 || page_cache().find(pages_, index - 1);
  if (!in_order) return 1;
  const uint64_t in_file = (size_.load() + kPageSize - 1) / kPageSize - index;
  const uint64_t most = min_of(kReadAhead - index % kReadAhead, in_file);
  uint64_t count = 1;
  while (count < most && !page_cache().find(pages_, index + count)) ++count;
  return count;
}

// content_lock_ held: fetches the page, and those behind it if the file is read in order.
Result<Pinned> RegularInode::fetch_pages(uint64_t index) {
  const uint64_t size = size_.load(), position = index * kPageSize;
  uint64_t count = pages_to_fetch(index);
  Pinned pages[kReadAhead];
  std::span<uint8_t> parts[kReadAhead];
  for (uint64_t i = 0; i < count; ++i) {
    pages[i] = TRY(page_cache().allocate(false));
    parts[i] = {pages[i].bytes(), min_of(kPageSize, size - position - i * kPageSize)};
  }
  const size_t got = TRY(fetch(position, volume::Parts({parts, count})));
  const uint64_t whole = got / kPageSize + (position + got == size && got % kPageSize != 0);
  // Fewer bytes: behind them is damage, which is the error of the page that has it, not of those before.
  if (whole == 0) {
    const std::span<uint8_t> rest = parts[0].subspan(got);
    TRY(fetch(position + got, volume::Parts({&rest, 1})));
    return Errno(EIO);
  }
  count = min_of(count, whole);
  memset(parts[count - 1].data() + parts[count - 1].size(), 0, kPageSize - parts[count - 1].size());
  for (uint64_t i = 0; i < count; ++i) TRY(page_cache().add(pages_, index + i, pages[i]));
  return std::move(pages[0]);
}

// Empty: a hole.
Result<Pinned> RegularInode::page_at(uint64_t index) {
  Pinned page = page_cache().find(pages_, index);
  if (page || keeps_pages()) return page;
  sched::MutexGuard guard(content_lock_);
  page = page_cache().find(pages_, index);
  if (page || index * kPageSize >= size_.load()) return page;
  return fetch_pages(index);
}

Result<size_t> RegularInode::read(uint64_t offset, file::IoVector& to) {
  size_t done = 0;
  while (to.remaining() > 0) {
    const uint64_t size = size_.load(std::memory_order_acquire);
    if (offset >= size) break;
    const uint64_t begin = offset % kPageSize;
    const size_t length = min_of(min_of(kPageSize - begin, size - offset), to.remaining());
    Result<Pinned> page = page_at(offset / kPageSize);
    if (!page.ok()) return file::partial(done, page.error());
    const uint8_t* bytes = page.value() ? page.value().bytes() : kZeros;
    Result<size_t> moved = to.scatter(bytes + begin, length);
    if (!moved.ok()) return file::partial(done, moved.error());
    done += moved.value();
    offset += moved.value();
    if (moved.value() < length) break;
  }
  return done;
}

// content_lock_ held: one page's share of a write that is below already.
Result<void> RegularInode::update_page(uint64_t index, size_t begin, std::span<const uint8_t> bytes,
                                       uint64_t old_size) {
  Pinned page = page_cache().find(pages_, index);
  if (!page) {
    const bool whole = bytes.size() == kPageSize || index * kPageSize >= old_size;
    if (!whole && !keeps_pages()) return ok();
    page = TRY(page_cache().allocate(keeps_pages()));
    if (bytes.size() < kPageSize) memset(page.bytes(), 0, kPageSize);
    memcpy(page.bytes() + begin, bytes.data(), bytes.size());
    return page_cache().add(pages_, index, page);
  }
  memcpy(page.bytes() + begin, bytes.data(), bytes.size());
  return ok();
}

Result<void> RegularInode::write_piece(uint64_t offset, std::span<const uint8_t> bytes) {
  if (!keeps_pages() && TRY(may_delay(offset, bytes.size()))) return delay_piece(offset, bytes);
  const uint64_t old_size = size_.load();
  TRY(store(offset, bytes));
  const uint64_t end = offset + bytes.size();
  Result<void> result;
  for (uint64_t at = offset; at < end;) {
    const size_t begin = at % kPageSize;
    const size_t length = min_of(kPageSize - begin, end - at);
    Result<void> updated = update_page(at / kPageSize, begin, bytes.subspan(at - offset, length), old_size);
    if (!updated.ok() && keeps_pages()) return updated;  // otherwise it is below, which suffices
    at += length;
  }
  if (end > old_size) size_.store(end, std::memory_order_release);
  return result;
}

// At `offset`, or at the end.
Result<size_t> RegularInode::write_locked(std::optional<uint64_t> offset, std::span<const uint8_t> bytes,
                                          uint64_t& end) {
  sched::MutexGuard guard(content_lock_);
  const uint64_t at = offset.value_or(size_.load());
  if (at >= kLargestFile) return Errno(EFBIG);
  const size_t length = min_of(bytes.size(), kLargestFile - at);
  TRY(write_piece(at, bytes.first(length)));
  end = at + length;
  return length;
}

Result<size_t> RegularInode::write(std::optional<uint64_t> offset, file::IoVector& from, uint64_t& end) {
  if (offset) end = *offset;
  if (from.remaining() == 0) return size_t{0};
  Bounce bounce = TRY(Bounce::allocate(min_of(from.remaining(), kPiece)));
  size_t done = 0;
  while (from.remaining() > 0) {
    const size_t wanted = min_of(from.remaining(), bounce.span().size());
    Result<size_t> got = from.gather(bounce.span().data(), wanted);
    if (!got.ok()) return file::partial(done, got.error());
    const Result<size_t> written = write_locked(offset ? std::optional(*offset + done) : std::nullopt,
                                                bounce.span().first(got.value()), end);
    if (page_cache().too_dirty()) store_all();
    if (!written.ok()) return file::partial(done, written.error());
    done += written.value();
    if (written.value() < wanted) break;
  }
  return done;
}

// content_lock_ held.
void RegularInode::clear_cached(uint64_t begin, uint64_t end) {
  for (uint64_t at = begin; at < end;) {
    const uint64_t length = min_of(kPageSize - at % kPageSize, end - at);
    if (Pinned page = page_cache().find(pages_, at / kPageSize))
      memset(page.bytes() + at % kPageSize, 0, length);
    at += length;
  }
}

Result<void> RegularInode::truncate_locked(uint64_t size) {
  const uint64_t old_size = size_.load();
  TRY(resize(size));
  size_.store(size, std::memory_order_release);
  if (size >= old_size) return ok();
  drop_pages((size + kPageSize - 1) / kPageSize);
  if (size % kPageSize != 0) clear_cached(size, (size / kPageSize + 1) * kPageSize);
  return ok();
}

Result<void> RegularInode::truncate(uint64_t size) {
  if (size > kLargestFile) return Errno(EFBIG);
  sched::MutexGuard guard(content_lock_);
  return truncate_locked(size);
}

Result<void> RegularInode::reserve(int mode, uint64_t offset, uint64_t length) {
  uint64_t end;
  if (__builtin_add_overflow(offset, length, &end) || end > kLargestFile) return Errno(EFBIG);
  if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) return Errno(EOPNOTSUPP);
  sched::MutexGuard guard(content_lock_);
  if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) {
    if (mode & FALLOC_FL_PUNCH_HOLE && !(mode & FALLOC_FL_KEEP_SIZE)) return Errno(EOPNOTSUPP);
    const uint64_t last = min_of(end, size_.load());
    for (uint64_t at = offset; at < last;) {
      const size_t piece = min_of(kPageSize - at % kPageSize, last - at);
      TRY(write_piece(at, {kZeros, piece}));
      at += piece;
    }
  }
  if (!(mode & FALLOC_FL_KEEP_SIZE) && end > size_.load()) return truncate_locked(end);
  return ok();
}

// As for a file system that knows no holes (lseek(2)).
Result<uint64_t> RegularInode::seek_data(uint64_t offset) {
  if (offset >= size()) return Errno(ENXIO);
  return offset;
}

Result<uint64_t> RegularInode::seek_hole(uint64_t offset) {
  if (offset >= size()) return Errno(ENXIO);
  return size();
}

}  // namespace scone::shield
