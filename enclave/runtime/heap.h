// The runtime's own memory: one pool of pages and one heap over it.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/mm/epc.h"
#include "enclave/runtime/page_pool.h"
#include "enclave/runtime/slab_heap.h"

namespace scone::runtime {

// First of all, before any `new`: [begin, end) as PagePool::init() wants it.
void init_heap(mm::Epc& epc, uint64_t begin, uint64_t end);

// Committed, readable, writable, not cleared; for kernel stacks and the like. ENOMEM. Thread safe.
Result<uint64_t> allocate_pages(uint64_t pages);
void free_pages(uint64_t address, uint64_t pages);

SlabHeap& heap();
PagePool& page_pool();

}  // namespace scone::runtime
