// RegularInode: writes that wait in the cache, and their way down.
#include <new>

#include "base/min_max.h"
#include "enclave/runtime/memory.h"
#include "enclave/shield/regular_inode.h"
#include "volume/sort.h"

namespace scone::shield {

// The dirty pages of a file by their number, each together with it: sorting then stays in the processor's cache.
class RegularInode::DirtyPages {
 public:
  DirtyPages() = default;
  DirtyPages(const DirtyPages&) = delete;
  DirtyPages& operator=(const DirtyPages&) = delete;
  ~DirtyPages() { delete[] entries_; }

  // ENOMEM.
  Result<void> collect(IntrusiveList<Page>& list, size_t count) {
    entries_ = new (std::nothrow) Entry[count];
    if (!entries_) return Errno(ENOMEM);
    bool ascending = true;
    for (Page& page : list) {
      if (count_ > 0 && page.index < entries_[count_ - 1].index) ascending = false;
      entries_[count_++] = {page.index, &page};
    }
    if (!ascending) volume::sort(std::span(entries_, count_));
    return ok();
  }
  size_t size() const { return count_; }
  Page* operator[](size_t i) const { return entries_[i].page; }

 private:
  struct Entry {
    uint64_t index;
    Page* page;
    bool operator<(const Entry& other) const { return index < other.index; }
  };
  Entry* entries_ = nullptr;
  size_t count_ = 0;
};

namespace {

// Below, this is what one lock and one crossing are good for.
constexpr size_t kBatch = 64;

}  // namespace

// content_lock_ held.
Result<void> RegularInode::delay_piece(uint64_t offset, std::span<const uint8_t> bytes) {
  delaying();
  const uint64_t end = offset + bytes.size();
  for (uint64_t at = offset; at < end;) {
    const size_t length = min_of(kPageSize - at % kPageSize, end - at);
    TRY(delay_in_page(at / kPageSize, at % kPageSize, bytes.subspan(at - offset, length)));
    at += length;
    if (at > size_.load()) size_.store(at, std::memory_order_release);
  }
  return ok();
}

Result<void> RegularInode::delay_in_page(uint64_t index, size_t begin, std::span<const uint8_t> bytes) {
  Pinned page = page_cache().find(pages_, index);
  const uint64_t size = size_.load(), position = index * kPageSize;
  const size_t in_file = position < size ? min_of(kPageSize, size - position) : 0;
  if (!page && in_file > 0 && (begin > 0 || bytes.size() < in_file)) page = TRY(fetch_pages(index));
  const bool fresh = !page;
  if (fresh) page = TRY(page_cache().allocate(false));
  if (fresh && bytes.size() < kPageSize) memset(page.bytes(), 0, kPageSize);
  memcpy(page.bytes() + begin, bytes.data(), bytes.size());
  if (fresh) TRY(page_cache().add(pages_, index, page));
  if (page_cache().set_dirty(dirty_, *page.page())) dirty_count_.fetch_add(1, std::memory_order_relaxed);
  return ok();
}

Result<void> RegularInode::store_batch(std::span<Page* const> pages) {
  volume::Piece pieces[kBatch];
  for (size_t i = 0; i < pages.size(); ++i) {
    const uint64_t position = pages[i]->index * kPageSize;
    pieces[i] = {position, {pages[i]->bytes, min_of(kPageSize, size_.load() - position)}};
  }
  TRY(store_pages({pieces, pages.size()}));
  for (Page* page : pages) page_cache().set_clean(*page);
  dirty_count_.fetch_sub(pages.size(), std::memory_order_relaxed);
  return ok();
}

Result<void> RegularInode::store_dirty_locked() {
  DirtyPages pages;
  Result<void> result = pages.collect(dirty_, dirty_count_.load());
  for (size_t i = 0; result.ok() && i < pages.size();) {
    Page* batch[kBatch];
    size_t count = 0;
    while (count < kBatch && i < pages.size()) batch[count++] = pages[i++];
    result = store_batch({batch, count});
  }
  stored(result.ok());
  return result;
}

Result<void> RegularInode::store_dirty() {
  sched::MutexGuard guard(content_lock_);
  return dirty_bytes() > 0 ? store_dirty_locked() : ok();
}

void RegularInode::drop_pages(uint64_t first) {
  dirty_count_.fetch_sub(page_cache().drop_from(pages_, first), std::memory_order_relaxed);
}

}  // namespace scone::shield
