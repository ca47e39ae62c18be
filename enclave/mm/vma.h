// A mapping: a range of the program's addresses with the same properties.
#pragma once

#include <cstdint>

#include "base/ref.h"
#include "enclave/mm/backing.h"
#include "enclave/mm/prot.h"

namespace scone::mm {

// What a mapping is called in /proc/self/maps, when it has no file.
enum class VmaKind : uint8_t { kPlain, kHeap, kStack, kRuntimeCode };

enum VmaFlags : uint8_t {
  kVmaShared = 1,
  kVmaMayWrite =
      2,  // mprotect may add PROT_WRITE; false only for shared mappings of files not open for writing
  kVmaNoReserve = 4,  // never counts against the heap limit as a whole (MAP_NORESERVE)
  kVmaRewritten = 8,  // the exec hook changed these pages: contents depend on the address
  kVmaWipeOnFork = 16,
  kVmaDontFork = 32,
};

// Whole pages [begin, end). Owned by a VmaMap and guarded by its address space's lock.
struct Vma {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t offset = 0;   // of `begin` in the backing; 0 for anonymous memory
  Ref<Backing> backing;  // none: anonymous
  Prot prot = Prot::kNone;
  uint8_t flags = 0;  // VmaFlags
  VmaKind kind = VmaKind::kPlain;

  // What the last fault brought in, and in pages how much it aimed at (pager.h).
  uint64_t window_begin = 0;
  uint64_t window_end = 0;
  uint16_t window_pages = 0;
  // The same for the last first stores to pages of a shared file.
  uint16_t store_pages = 0;
  uint64_t store_end = 0;

  uint64_t length() const { return end - begin; }
  bool is(VmaFlags flag) const { return (flags & flag) != 0; }
  bool shared_file() const { return backing && is(kVmaShared); }
  uint64_t offset_at(uint64_t address) const { return backing ? offset + (address - begin) : 0; }

  // Links of VmaTree.
  Vma* left = nullptr;
  Vma* right = nullptr;
  uint8_t height = 1;
  uint64_t subtree_begin = 0;  // of the lowest mapping below this node
  uint64_t subtree_end = 0;    // of the highest
  uint64_t subtree_gap = 0;    // largest hole between two mappings of the subtree
};

}  // namespace scone::mm
