#include "volume/directory.h"

#include "volume/node.h"

namespace scone::volume {

uint32_t Directory::hash(std::string_view name) {  // FNV-1a
  uint32_t value = 2166136261u;
  for (const char c : name) value = (value ^ static_cast<uint8_t>(c)) * 16777619u;
  return value;
}

Node* Directory::find(std::string_view name) const {
  if (table_.empty()) return nullptr;
  const uint32_t wanted = hash(name);
  const size_t mask = table_.size() - 1;
  for (size_t i = wanted & mask; table_[i]; i = (i + 1) & mask)
    if (table_[i]->name_hash_ == wanted && table_[i]->name() == name) return table_[i];
  return nullptr;
}

void Directory::place(Node& node) {
  const size_t mask = table_.size() - 1;
  size_t i = node.name_hash_ & mask;
  while (table_[i]) i = (i + 1) & mask;
  table_[i] = &node;
}

Result<void> Directory::grow() {
  // Removed entries go when the array would have to grow for them.
  if (ordered_.size() >= 16 && ordered_.size() > 2 * count_) {
    size_t kept = 0;
    for (size_t i = 0; i < ordered_.size(); ++i) {
      if (!ordered_[i]) continue;
      ordered_[kept] = ordered_[i];
      orders_[kept++] = orders_[i];
    }
    ordered_.shrink(kept);
    orders_.shrink(kept);
  }
  TRY(ordered_.make_room(2));
  TRY(orders_.make_room(2));
  if (4 * (count_ + 1) <= 3 * table_.size()) return ok();
  Array<Node*> larger;
  TRY(larger.resize(table_.empty() ? 8 : 2 * table_.size(), nullptr));
  table_ = std::move(larger);
  for (Node* node : ordered_)
    if (node) place(*node);
  return ok();
}

Result<void> Directory::insert(Node& node) {
  TRY(grow());
  node.order_ = ++last_order_;
  TRY(ordered_.push(&node));  // cannot fail, nor can the next: there is room
  TRY(orders_.push(node.order_));
  node.name_hash_ = hash(node.name());
  place(node);
  ++count_;
  if (node.is_directory()) ++subdirectories_;
  return ok();
}

size_t Directory::position(uint64_t order) const {
  size_t low = 0, high = orders_.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (orders_[middle] < order)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void Directory::remove(Node& node) {
  ordered_[position(node.order_)] = nullptr;
  const size_t mask = table_.size() - 1;
  size_t hole = node.name_hash_ & mask;
  while (table_[hole] != &node) hole = (hole + 1) & mask;
  table_[hole] = nullptr;
  // Linear probing: entries behind the hole move up if the hole is on their way.
  for (size_t i = (hole + 1) & mask; table_[i]; i = (i + 1) & mask) {
    const size_t home = table_[i]->name_hash_ & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    table_[hole] = table_[i];
    table_[i] = nullptr;
    hole = i;
  }
  --count_;
  if (node.is_directory()) --subdirectories_;
}

const Node* Directory::next(uint64_t after) const {
  for (size_t i = position(after + 1); i < ordered_.size(); ++i)
    if (ordered_[i]) return ordered_[i];
  return nullptr;
}

}  // namespace scone::volume
