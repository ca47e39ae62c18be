// The runtime's heap, behind operator new(std::nothrow) and delete.
#pragma once

#include <cstddef>
#include <cstdint>

#include "enclave/runtime/page_pool.h"
#include "enclave/runtime/size_class.h"
#include "enclave/sched/lock.h"

namespace scone::runtime {

// Small objects (<= kLargestSmall) come from slabs of one size class; slabs are never given back. Larger ones are pages of the pool.
// Every allocation lies behind a header at a multiple of kSlab, so that free() needs no size. Memory is not cleared.
// Thread safe, any context in which LockRank::kHeap may be taken.
class SlabHeap {
 public:
  static constexpr size_t kMaxAlignment = 4096;

  constexpr explicit SlabHeap(PagePool& pool) : pool_(pool) {}
  SlabHeap(const SlabHeap&) = delete;
  SlabHeap& operator=(const SlabHeap&) = delete;

  // nullptr when memory is exhausted or the alignment, a power of two, is above kMaxAlignment.
  void* allocate(size_t size, size_t alignment = 16);
  // Stops the enclave if `pointer` is no allocation, or was freed before. nullptr is allowed.
  void free(void* pointer);
  // Bytes that the allocation has room for.
  size_t size_of(const void* pointer) const;

 private:
  static constexpr uint64_t kSlab = PagePool::kChunk;
  static constexpr uint64_t kHeader = 64;

  // At the beginning of a slab or of a large allocation.
  struct Header {
    uint64_t magic;
    uint64_t size;   // of the slab's objects; of a large allocation from header to end
    uint64_t uncut;  // slab: address of the first object that was never handed out
    Header* next;    // slab: the next one of this class with uncut objects
  };
  struct FreeObject {
    FreeObject* next;
    uint64_t mark;  // kFreed ^ own address
  };
  struct Class {
    FreeObject* free = nullptr;
    Header* slab = nullptr;
  };

  static Header& header_of(const void* pointer);
  void* take(Class& from);
  bool refill(unsigned index);
  void* allocate_large(size_t size, size_t alignment);

  PagePool& pool_;
  sched::SpinLock lock_{sched::LockRank::kHeap};  // never held together with the pool's
  Class classes_[kSizeClasses];
};

}  // namespace scone::runtime
