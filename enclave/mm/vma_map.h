// The program's mappings: a VmaTree that owns them, with splitting and merging.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "enclave/mm/vma.h"
#include "enclave/mm/vma_tree.h"

namespace scone::mm {

// Not thread safe. Only what returns a Result allocates; after a failure the mappings describe the same as before, though perhaps
// in more pieces. Ranges are page-aligned.
class VmaMap {
 public:
  // As vm.max_map_count.
  static constexpr uint32_t kMaxCount = 65530;

  VmaMap() = default;
  ~VmaMap();
  VmaMap(const VmaMap&) = delete;
  VmaMap& operator=(const VmaMap&) = delete;

  Vma* find(uint64_t address) const { return tree_.find(address); }
  std::optional<uint64_t> highest_gap(uint64_t length, uint64_t low, uint64_t high) const {
    return tree_.highest_gap(length, low, high);
  }
  uint32_t count() const { return tree_.count(); }
  // The mapping that contains `address`, or nullptr.
  Vma* at(uint64_t address) const;
  // True if no mapping touches the range.
  bool is_free(uint64_t begin, uint64_t end) const;
  // True if mappings cover all of the range.
  bool covers(uint64_t begin, uint64_t end) const;

  // A new mapping like `model` but for its range; not in the map yet. The caller owns it until add(). ENOMEM, also when the map
  // holds kMaxCount already.
  Result<Vma*> create(const Vma& model, uint64_t begin, uint64_t end) const;
  void add(Vma& vma) { tree_.insert(vma); }
  void resize(Vma& vma, uint64_t begin, uint64_t end) { tree_.resize(vma, begin, end); }

  // Splits so that no mapping reaches across either end of the range.
  Result<void> isolate(uint64_t begin, uint64_t end);
  // Removes and frees all mappings of an isolated range.
  void erase(uint64_t begin, uint64_t end);
  // Joins mappings with the same properties that meet in [begin, end] (both ends included).
  void merge(uint64_t begin, uint64_t end);

 private:
  Result<void> split(uint64_t address);
  VmaTree tree_;
};

}  // namespace scone::mm
