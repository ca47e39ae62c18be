// Mappings ordered by address, with the holes between them: an intrusive AVL tree.
#pragma once

#include <cstdint>
#include <optional>

#include "enclave/mm/vma.h"

namespace scone::mm {

// Does not own its elements. Mappings in the tree never overlap. Not thread safe. All operations are O(log n) and recurse at
// most that deep.
class VmaTree {
 public:
  VmaTree() = default;
  VmaTree(const VmaTree&) = delete;
  VmaTree& operator=(const VmaTree&) = delete;

  // The mapping that contains `address`, or else the next one above it, or nullptr.
  Vma* find(uint64_t address) const;
  // Precondition: overlaps no mapping of the tree.
  void insert(Vma& vma);
  // Precondition: in the tree.
  void remove(Vma& vma);
  // Changes the range of a mapping of the tree. Precondition: the new range overlaps no other mapping.
  void resize(Vma& vma, uint64_t begin, uint64_t end);
  // The highest address at which `length` free bytes lie in [low, high).
  std::optional<uint64_t> highest_gap(uint64_t length, uint64_t low, uint64_t high) const;

  uint32_t count() const { return count_; }

 private:
  Vma* root_ = nullptr;
  uint32_t count_ = 0;
};

}  // namespace scone::mm
