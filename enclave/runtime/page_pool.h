// Pages for the runtime itself: heap slabs, kernel stacks, tables.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/mm/epc.h"
#include "enclave/sched/lock.h"

namespace scone::runtime {

// Hands out committed memory of one range: the runtime never takes a page fault on its own memory. Freed pages stay committed and
// are handed out again; pages are not cleared. Thread safe, any context in which LockRank::kHeap may be taken.
class PagePool {
 public:
  static constexpr uint64_t kPageSize = 4096;
  // Pages are accepted in multiples of this; also the largest alignment.
  static constexpr uint64_t kChunk = 64 << 10;

  constexpr PagePool() = default;
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;

  // Before any other call. [begin, end) is aligned to kChunk, not accepted and this object's alone; epc outlives it.
  void init(mm::Epc& epc, uint64_t begin, uint64_t end);

  // The address of `pages` > 0 contiguous pages. Precondition: alignment is a power of two, kPageSize <= alignment <= kChunk.
  // ENOMEM.
  Result<uint64_t> allocate(uint64_t pages, uint64_t alignment = kPageSize);
  // Takes back what allocate() returned, or a part of it.
  void free(uint64_t address, uint64_t pages);

  uint64_t committed_pages();

 private:
  // A free range, described in its own first bytes.
  struct Range {
    Range* next;  // at a higher address
    uint64_t pages;
    uint64_t begin() const { return reinterpret_cast<uint64_t>(this); }
    uint64_t end() const { return begin() + pages * kPageSize; }
  };
  uint64_t take_free(uint64_t pages, uint64_t alignment);  // 0: none fits
  void insert_free(uint64_t address, uint64_t pages);
  static Range* put_range(uint64_t address, uint64_t pages, Range* next);
  Result<uint64_t> take_fresh(uint64_t pages);

  sched::SpinLock lock_{sched::LockRank::kHeap};
  mm::Epc* epc_ = nullptr;
  Range* free_ = nullptr;  // ascending; ranges that touch are one
  uint64_t begin_ = 0;
  uint64_t fresh_ = 0;  // never accepted from here on; aligned to kChunk
  uint64_t end_ = 0;
};

}  // namespace scone::runtime
