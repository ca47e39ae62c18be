#include "volume/node_table.h"

#include "volume/node.h"

namespace scone::volume {

Node* NodeTable::find(uint64_t id) const {
  if (buckets_.empty()) return nullptr;
  Node* node = buckets_[bucket(id)];
  while (node && node->id_ != id) node = node->next_by_id_;
  return node;
}

Result<void> NodeTable::insert(Node& node) {
  if (count_ >= buckets_.size()) {
    Array<Node*> old;
    TRY(old.resize(buckets_.empty() ? 16 : 2 * buckets_.size(), nullptr));
    std::swap(old, buckets_);
    for (Node* chain : old) {
      while (chain) {
        Node* next = chain->next_by_id_;
        Node*& head = buckets_[bucket(chain->id_)];
        chain->next_by_id_ = head;
        head = chain;
        chain = next;
      }
    }
  }
  Node*& head = buckets_[bucket(node.id_)];
  node.next_by_id_ = head;
  head = &node;
  ++count_;
  return ok();
}

void NodeTable::remove(Node& node) {
  Node** link = &buckets_[bucket(node.id_)];
  while (*link && *link != &node) link = &(*link)->next_by_id_;
  if (!*link) return;
  *link = node.next_by_id_;
  node.next_by_id_ = nullptr;
  --count_;
}

Node* NodeTable::next(const Node* after) const {
  if (after && after->next_by_id_) return after->next_by_id_;
  size_t i = after ? bucket(after->id_) + 1 : 0;
  while (i < buckets_.size() && !buckets_[i]) ++i;
  return i < buckets_.size() ? buckets_[i] : nullptr;
}

}  // namespace scone::volume
