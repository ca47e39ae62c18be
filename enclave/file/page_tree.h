// The pages of one file by their number: a radix tree.
#pragma once

#include <linux/errno.h>

#include <cstdint>
#include <new>

#include "base/result.h"

namespace scone::file {

struct Page;

// Does not own the pages. Not thread safe. Inner nodes stay until the tree is cleared from 0 on, or destroyed.
class PageTree {
 public:
  PageTree() = default;
  PageTree(const PageTree&) = delete;
  PageTree& operator=(const PageTree&) = delete;
  ~PageTree() { free_node(root_, height_); }

  Page* find(uint64_t index) const {
    Page* const* slot = slot_of(index);
    return slot ? *slot : nullptr;
  }
  // Makes room for one at `index`: put() cannot fail then. ENOMEM.
  Result<void> reserve(uint64_t index) {
    while (!covers(index)) {
      Node* above = new (std::nothrow) Node;
      if (!above) return Errno(ENOMEM);
      above->child[0] = root_;
      root_ = above;
      ++height_;
    }
    Node* node = root_;
    for (unsigned level = height_; --level > 0;) {
      void*& child = node->child[part(index, level)];
      if (!child && !(child = new (std::nothrow) Node)) return Errno(ENOMEM);
      node = static_cast<Node*>(child);
    }
    return ok();
  }
  // Precondition: reserve(index) succeeded since the last clear_from().
  void put(uint64_t index, Page* page) { *slot_of(index) = page; }
  void remove(uint64_t index) {
    if (Page** slot = slot_of(index)) *slot = nullptr;
  }
  // Takes out all pages from `first` on and shows each to drop(Page&).
  template <typename Drop>
  void clear_from(uint64_t first, Drop drop) {
    clear_node(root_, height_, 0, first, drop);
    if (first > 0) return;
    free_node(root_, height_);
    root_ = nullptr;
    height_ = 0;
  }

 private:
  static constexpr unsigned kBits = 6;
  struct Node {
    void* child[1 << kBits] = {};
  };

  static unsigned part(uint64_t index, unsigned level) {
    return index >> (level * kBits) & ((1 << kBits) - 1);
  }
  bool covers(uint64_t index) const {
    return height_ > 0 && (height_ * kBits >= 64 || index >> (height_ * kBits) == 0);
  }
  Page** slot_of(uint64_t index) const {
    if (!covers(index)) return nullptr;
    Node* node = root_;
    for (unsigned level = height_; --level > 0;)
      if (!(node = static_cast<Node*>(node->child[part(index, level)]))) return nullptr;
    // SAFETY: the lowest level's children are pages.
    return reinterpret_cast<Page**>(&node->child[part(index, 0)]);
  }
  template <typename Drop>
  static void clear_node(Node* node, unsigned height, uint64_t base, uint64_t first, Drop& drop) {
    if (!node) return;
    const uint64_t step = uint64_t{1} << ((height - 1) * kBits);
    for (unsigned i = 0; i < 1 << kBits; ++i) {
      const uint64_t begin = base + i * step;
      if (!node->child[i] || begin + (step - 1) < first) continue;
      if (height > 1) {
        clear_node(static_cast<Node*>(node->child[i]), height - 1, begin, first, drop);
      } else {
        Page* page = static_cast<Page*>(node->child[i]);
        node->child[i] = nullptr;
        drop(*page);
      }
    }
  }
  static void free_node(Node* node, unsigned height) {
    if (!node) return;
    for (unsigned i = 0; height > 1 && i < 1 << kBits; ++i)
      free_node(static_cast<Node*>(node->child[i]), height - 1);
    delete node;
  }

  Node* root_ = nullptr;
  unsigned height_ = 0;
};

}  // namespace scone::file
