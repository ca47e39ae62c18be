// Doubly linked list whose links live in the elements: no allocation, O(1) removal.
#pragma once

#include <cstddef>

namespace scone {

template <typename T, typename Tag>
class IntrusiveList;

// Base class of an element. An element that stands in several lists derives from
// ListNode<Tag> once for each, with different tags.
template <typename Tag>
class ListNode {
 public:
  constexpr ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  bool linked() const { return next_ != nullptr; }
  // Takes the element out of whichever list holds it; no effect when it is in none.
  // The caller holds the lock of that list.
  void unlink() {
    if (!linked()) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    next_ = prev_ = nullptr;
  }

 private:
  template <typename, typename>
  friend class IntrusiveList;
  ListNode* next_ = nullptr;
  ListNode* prev_ = nullptr;
};

// Not thread safe; does not own its elements. The list is pinned: neither copied nor moved.
template <typename T, typename Tag = T>
class IntrusiveList {
  using Node = ListNode<Tag>;

 public:
  // The ring is closed by the first insertion: an object that points to itself cannot be initialised by the compiler when
  // it is an element of a static array (gcc 12 silently leaves it zero).
  constexpr IntrusiveList() = default;
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return head_.next_ == nullptr || head_.next_ == &head_; }
  T* front() { return empty() ? nullptr : to_element(head_.next_); }
  T* back() { return empty() ? nullptr : to_element(head_.prev_); }
  // The one behind it, or nullptr. Precondition: element stands in this list.
  T* after(T& element) {
    Node* next = static_cast<Node&>(element).next_;
    return next == &head_ ? nullptr : to_element(next);
  }
  // Precondition: element stands in no list with this tag.
  void push_back(T& element) { insert_before(closed_head(), element); }
  void push_front(T& element) { insert_before(*closed_head().next_, element); }
  T* pop_front() {
    T* element = front();
    if (element) static_cast<Node*>(element)->unlink();
    return element;
  }

  class Iterator {
   public:
    explicit Iterator(Node* node) : node_(node), next_(node->next_) {}
    T& operator*() const { return *to_element(node_); }
    // The current element may be unlinked during iteration; its successor may not.
    Iterator& operator++() {
      node_ = next_;
      next_ = node_->next_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return node_ != other.node_; }

   private:
    Node* node_;
    Node* next_;
  };
  Iterator begin() { return Iterator(closed_head().next_); }
  Iterator end() { return Iterator(&closed_head()); }

 private:
  Node& closed_head() {
    if (!head_.next_) head_.next_ = head_.prev_ = &head_;
    return head_;
  }
  static T* to_element(Node* node) { return static_cast<T*>(node); }
  static void insert_before(Node& position, T& element) {
    Node& node = element;
    node.next_ = &position;
    node.prev_ = position.prev_;
    position.prev_->next_ = &node;
    position.prev_ = &node;
  }
  Node head_;
};

}  // namespace scone
