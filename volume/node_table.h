// All nodes of a volume by their id.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/result.h"

namespace scone::volume {

class Node;

class NodeTable {
 public:
  Node* find(uint64_t id) const;
  // Precondition: its id is not in the table. ENOMEM.
  Result<void> insert(Node& node);
  void remove(Node& node);
  size_t size() const { return count_; }
  // The nodes in no order, one by one: nullptr starts, and ends.
  Node* next(const Node* after) const;

 private:
  size_t bucket(uint64_t id) const { return (id * 0x9e3779b97f4a7c15u >> 32) & (buckets_.size() - 1); }

  Array<Node*> buckets_;  // a power of two
  size_t count_ = 0;
};

}  // namespace scone::volume
