#include "enclave/runtime/slab_heap.h"

#include "base/checked.h"

namespace scone::runtime {
namespace {

constexpr uint64_t kSlabMagic = 0x5c0e51ab51ab5c0e;
constexpr uint64_t kLargeMagic = 0x5c0e1a56e1a565c0;
constexpr uint64_t kFreed = 0xf4eed0b1ec7f4eed;

uint64_t address_of(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

}  // namespace

SlabHeap::Header& SlabHeap::header_of(const void* pointer) {
  // SAFETY: every allocation lies behind its header, less than kSlab away; the magic number is checked by the caller.
  return *reinterpret_cast<Header*>(align_down(address_of(pointer), kSlab));
}

void* SlabHeap::allocate(size_t size, size_t alignment) {
  if (size == 0) size = 1;
  if (size > SIZE_MAX / 2) return nullptr;
  // Objects of classes that are multiples of 64 are aligned to 64, as the header is that long.
  if (alignment > 16 && alignment <= kHeader) size = align_up(size, kHeader);
  if (size > kLargestSmall || alignment > kHeader) return allocate_large(size, alignment);
  const unsigned index = size_class(size);
  do {
    sched::SpinGuard guard(lock_);
    if (void* object = take(classes_[index])) return object;
  } while (refill(index));
  return nullptr;
}

void* SlabHeap::take(Class& from) {
  if (FreeObject* object = from.free) {
    from.free = object->next;
    object->mark = 0;
    return object;
  }
  Header* slab = from.slab;
  if (!slab) return nullptr;
  // SAFETY: an object of the slab that was never handed out.
  void* object = reinterpret_cast<void*>(slab->uncut);
  slab->uncut += slab->size;
  if (slab->uncut + slab->size > address_of(slab) + kSlab) from.slab = slab->next;
  return object;
}

bool SlabHeap::refill(unsigned index) {
  auto address = pool_.allocate(kSlab / PagePool::kPageSize, kSlab);
  if (!address.ok()) return false;
  // SAFETY: fresh pages of the pool.
  auto* slab = reinterpret_cast<Header*>(address.value());
  sched::SpinGuard guard(lock_);
  *slab = {kSlabMagic, class_size(index), address.value() + kHeader, classes_[index].slab};
  classes_[index].slab = slab;
  return true;
}

void* SlabHeap::allocate_large(size_t size, size_t alignment) {
  if (alignment > kMaxAlignment) return nullptr;
  const uint64_t offset = alignment > kHeader ? alignment : kHeader;
  const uint64_t whole = align_up(size + offset, PagePool::kPageSize);
  auto address = pool_.allocate(whole / PagePool::kPageSize, kSlab);
  if (!address.ok()) return nullptr;
  // SAFETY: pages of the pool, now ours.
  *reinterpret_cast<Header*>(address.value()) = {kLargeMagic, whole, 0, nullptr};
  return reinterpret_cast<void*>(address.value() + offset);
}

void SlabHeap::free(void* pointer) {
  if (!pointer) return;
  Header& header = header_of(pointer);
  if (header.magic == kLargeMagic) {
    header.magic = 0;
    pool_.free(address_of(&header), header.size / PagePool::kPageSize);
    return;
  }
  if (header.magic != kSlabMagic) __builtin_trap();
  auto* object = static_cast<FreeObject*>(pointer);
  sched::SpinGuard guard(lock_);
  if (object->mark == (kFreed ^ address_of(object))) __builtin_trap();
  Class& home = classes_[size_class(header.size)];
  object->next = home.free;
  object->mark = kFreed ^ address_of(object);
  home.free = object;
}

size_t SlabHeap::size_of(const void* pointer) const {
  const Header& header = header_of(pointer);
  if (header.magic == kSlabMagic) return header.size;
  if (header.magic != kLargeMagic) __builtin_trap();
  return address_of(&header) + header.size - address_of(pointer);
}

}  // namespace scone::runtime
