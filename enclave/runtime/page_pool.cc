#include "enclave/runtime/page_pool.h"

#include <linux/errno.h>

#include "base/checked.h"

namespace scone::runtime {

void PagePool::init(mm::Epc& epc, uint64_t begin, uint64_t end) {
  epc_ = &epc;
  begin_ = fresh_ = begin;
  end_ = end;
}

Result<uint64_t> PagePool::allocate(uint64_t pages, uint64_t alignment) {
  if (pages == 0 || pages > (end_ - begin_) / kPageSize) return Errno(ENOMEM);
  {
    sched::SpinGuard guard(lock_);
    if (const uint64_t address = take_free(pages, alignment)) return address;
  }
  return take_fresh(pages);
}

PagePool::Range* PagePool::put_range(uint64_t address, uint64_t pages, Range* next) {
  // SAFETY: free pages of the pool, committed and in use for nothing else.
  auto* range = reinterpret_cast<Range*>(address);
  range->next = next;
  range->pages = pages;
  return range;
}

uint64_t PagePool::take_free(uint64_t pages, uint64_t alignment) {
  for (Range** link = &free_; *link; link = &(*link)->next) {
    Range& range = **link;
    const uint64_t address = align_up(range.begin(), alignment);
    const uint64_t end = address + pages * kPageSize;
    if (end > range.end()) continue;
    Range* rest = range.next;
    if (end < range.end()) rest = put_range(end, (range.end() - end) / kPageSize, rest);
    if (address > range.begin()) rest = put_range(range.begin(), (address - range.begin()) / kPageSize, rest);
    *link = rest;
    return address;
  }
  return 0;
}

// Accepts outside the lock: that may take long. The range is nobody else's meanwhile.
Result<uint64_t> PagePool::take_fresh(uint64_t pages) {
  const uint64_t size = align_up(pages * kPageSize, kChunk);
  uint64_t address;
  {
    sched::SpinGuard guard(lock_);
    if (size > end_ - fresh_) return Errno(ENOMEM);
    address = fresh_;
    fresh_ += size;
  }
  auto accepted = epc_->accept(address, size / kPageSize);
  sched::SpinGuard guard(lock_);
  if (!accepted.ok()) {
    // Unless others went further, the addresses can be tried again; else they stay unused.
    if (fresh_ == address + size) fresh_ = address;
    return accepted.error();
  }
  const uint64_t used = pages * kPageSize;
  if (used < size) insert_free(address + used, (size - used) / kPageSize);
  return address;
}

void PagePool::insert_free(uint64_t address, uint64_t pages) {
  Range* before = nullptr;
  Range** link = &free_;
  while (*link && (*link)->begin() < address) {
    before = *link;
    link = &before->next;
  }
  Range* after = *link;
  // Memory that is free already comes back: the heap would hand it out twice.
  if ((before && before->end() > address) || (after && after->begin() < address + pages * kPageSize))
    __builtin_trap();
  if (after && after->begin() == address + pages * kPageSize) {
    pages += after->pages;
    after = after->next;
  }
  if (before && before->end() == address) {
    before->pages += pages;
    before->next = after;
  } else {
    *link = put_range(address, pages, after);
  }
}

void PagePool::free(uint64_t address, uint64_t pages) {
  if (!range_within(address, pages * kPageSize, begin_, end_)) __builtin_trap();
  sched::SpinGuard guard(lock_);
  insert_free(address, pages);
}

uint64_t PagePool::committed_pages() {
  sched::SpinGuard guard(lock_);
  return (fresh_ - begin_) / kPageSize;
}

}  // namespace scone::runtime
