// The entries of a directory: by name through a hash table, and in the order of their creation.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/array.h"
#include "base/result.h"

namespace scone::volume {

class Node;

class Directory {
 public:
  // nullptr: no such name.
  Node* find(std::string_view name) const;
  // Precondition: no entry has the node's name. ENOMEM.
  Result<void> insert(Node& node);
  // The next insert() cannot fail, whatever is removed before it. ENOMEM.
  Result<void> make_room() { return grow(); }
  // Precondition: it is an entry.
  void remove(Node& node);
  // The first entry whose order is greater than `after`, or nullptr.
  const Node* next(uint64_t after) const;

  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  size_t subdirectories() const { return subdirectories_; }

  static uint32_t hash(std::string_view name);

 private:
  Result<void> grow();
  void place(Node& node);
  size_t position(uint64_t order) const;

  Array<Node*> table_;      // open addressing, linear probing; a power of two, at most 3/4 full
  Array<Node*> ordered_;    // ascending by order; nullptr: removed
  Array<uint64_t> orders_;  // of ordered_, kept for removed ones
  uint64_t last_order_ = 0;
  size_t count_ = 0;
  size_t subdirectories_ = 0;
};

}  // namespace scone::volume
