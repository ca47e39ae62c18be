#include "enclave/runtime/heap.h"

#include <new>

namespace scone::runtime {
namespace {

constinit PagePool the_pool;
constinit SlabHeap the_heap{the_pool};

}  // namespace

void init_heap(mm::Epc& epc, uint64_t begin, uint64_t end) { the_pool.init(epc, begin, end); }
Result<uint64_t> allocate_pages(uint64_t pages) { return the_pool.allocate(pages); }
void free_pages(uint64_t address, uint64_t pages) { the_pool.free(address, pages); }
SlabHeap& heap() { return the_heap; }
PagePool& page_pool() { return the_pool; }

}  // namespace scone::runtime

using scone::runtime::heap;

// The throwing forms of operator new are missing on purpose: a use of them does not link.
const std::nothrow_t std::nothrow{};

void* operator new(size_t size, const std::nothrow_t&) noexcept { return heap().allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return heap().allocate(size); }
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return heap().allocate(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return heap().allocate(size, static_cast<size_t>(alignment));
}

void operator delete(void* pointer) noexcept { heap().free(pointer); }
void operator delete[](void* pointer) noexcept { heap().free(pointer); }
void operator delete(void* pointer, size_t) noexcept { heap().free(pointer); }
void operator delete[](void* pointer, size_t) noexcept { heap().free(pointer); }
void operator delete(void* pointer, std::align_val_t) noexcept { heap().free(pointer); }
void operator delete[](void* pointer, std::align_val_t) noexcept { heap().free(pointer); }
void operator delete(void* pointer, size_t, std::align_val_t) noexcept { heap().free(pointer); }
void operator delete[](void* pointer, size_t, std::align_val_t) noexcept { heap().free(pointer); }
