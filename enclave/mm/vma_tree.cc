#include "enclave/mm/vma_tree.h"

#include <utility>

#include "enclave/mm/bounds.h"

namespace scone::mm {
namespace {

uint8_t height(const Vma* node) { return node ? node->height : 0; }

// Recomputes what a node says about its subtree from its children.
void pull(Vma& node) {
  node.height = static_cast<uint8_t>(1 + max_of(height(node.left), height(node.right)));
  node.subtree_begin = node.begin;
  node.subtree_end = node.end;
  node.subtree_gap = 0;
  if (const Vma* left = node.left) {
    node.subtree_begin = left->subtree_begin;
    node.subtree_gap = max_of(left->subtree_gap, node.begin - left->subtree_end);
  }
  if (const Vma* right = node.right) {
    node.subtree_end = right->subtree_end;
    node.subtree_gap = max_of(node.subtree_gap, max_of(right->subtree_gap, right->subtree_begin - node.end));
  }
}

Vma* rotate_right(Vma* node) {
  Vma* top = node->left;
  node->left = std::exchange(top->right, node);
  pull(*node);
  pull(*top);
  return top;
}

Vma* rotate_left(Vma* node) {
  Vma* top = node->right;
  node->right = std::exchange(top->left, node);
  pull(*node);
  pull(*top);
  return top;
}

// Precondition: the children are balanced and their heights differ by at most two.
Vma* balance(Vma* node) {
  if (height(node->left) > height(node->right) + 1) {
    if (height(node->left->left) < height(node->left->right)) node->left = rotate_left(node->left);
    return rotate_right(node);
  }
  if (height(node->right) > height(node->left) + 1) {
    if (height(node->right->right) < height(node->right->left)) node->right = rotate_right(node->right);
    return rotate_left(node);
  }
  pull(*node);
  return node;
}

Vma* insert_below(Vma* node, Vma& vma) {
  if (!node) return &vma;
  Vma*& side = vma.begin < node->begin ? node->left : node->right;
  side = insert_below(side, vma);
  return balance(node);
}

// Takes the lowest node out of a subtree; returns what is left of it.
Vma* take_lowest(Vma* node, Vma*& lowest) {
  if (!node->left) {
    lowest = node;
    return node->right;
  }
  node->left = take_lowest(node->left, lowest);
  return balance(node);
}

Vma* remove_below(Vma* node, Vma& vma) {
  if (node != &vma) {
    Vma*& side = vma.begin < node->begin ? node->left : node->right;
    side = remove_below(side, vma);
    return balance(node);
  }
  if (!node->right) return node->left;
  Vma* successor = nullptr;
  Vma* right = take_lowest(node->right, successor);
  successor->left = node->left;
  successor->right = right;
  return balance(successor);
}

void refresh_path(Vma* node, const Vma& vma) {
  if (node != &vma) refresh_path(vma.begin < node->begin ? node->left : node->right, vma);
  pull(*node);
}

// The hole that a search may still use: everything in it but the subtree of a node is free.
struct Bounds {
  uint64_t low;
  uint64_t high;
};

bool fits(uint64_t length, Bounds bounds) {
  return bounds.high > bounds.low && bounds.high - bounds.low >= length;
}

// True if the subtree, alone within `bounds`, leaves a hole of `length` somewhere (bounds may cut it, then perhaps not).
bool may_fit(const Vma* node, uint64_t length, Bounds bounds) {
  if (!fits(length, bounds)) return false;
  if (!node || node->subtree_gap >= length) return true;
  return fits(length, {bounds.low, node->subtree_begin}) || fits(length, {node->subtree_end, bounds.high});
}

std::optional<uint64_t> search(const Vma* node, uint64_t length, Bounds bounds) {
  if (!may_fit(node, length, bounds)) return std::nullopt;
  if (!node) return bounds.high - length;
  if (auto found = search(node->right, length, {max_of(bounds.low, node->end), bounds.high})) return found;
  return search(node->left, length, {bounds.low, bounds.high < node->begin ? bounds.high : node->begin});
}

}  // namespace

Vma* VmaTree::find(uint64_t address) const {
  Vma* best = nullptr;
  for (Vma* node = root_; node;) {
    if (node->end > address) {
      best = node;
      node = node->left;
    } else {
      node = node->right;
    }
  }
  return best;
}

void VmaTree::insert(Vma& vma) {
  vma.left = vma.right = nullptr;
  pull(vma);
  root_ = insert_below(root_, vma);
  ++count_;
}

void VmaTree::remove(Vma& vma) {
  root_ = remove_below(root_, vma);
  --count_;
}

void VmaTree::resize(Vma& vma, uint64_t begin, uint64_t end) {
  vma.begin = begin;
  vma.end = end;
  refresh_path(root_, vma);
}

std::optional<uint64_t> VmaTree::highest_gap(uint64_t length, uint64_t low, uint64_t high) const {
  return search(root_, length, {low, high});
}

}  // namespace scone::mm
