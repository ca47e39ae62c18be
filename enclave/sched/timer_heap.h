// All armed timers, earliest first: a pairing heap (Fredman et al., 1986). Needs no memory of its own, so arming cannot fail.
#pragma once

#include <utility>

#include "enclave/sched/timer.h"

namespace scone::sched {

// Not thread safe. Does not own its timers. Insertion O(1), removal O(log n) amortised; no recursion.
class TimerHeap {
 public:
  constexpr TimerHeap() = default;

  Timer* first() const { return root_; }
  // Precondition: not queued.
  void insert(Timer& timer) { set_root(meld(root_, &timer)); }
  // Precondition: queued here.
  void remove(Timer& timer) {
    Timer** link = std::exchange(timer.link_, nullptr);
    *link = timer.sibling_;
    if (timer.sibling_) timer.sibling_->link_ = link;
    timer.sibling_ = nullptr;
    Timer* below = meld_siblings(std::exchange(timer.child_, nullptr));
    set_root(meld(root_, below));
  }

 private:
  void set_root(Timer* timer) {
    root_ = timer;
    if (timer) timer->link_ = &root_;
  }

  // The later of two roots becomes the first child of the earlier one.
  static Timer* meld(Timer* a, Timer* b) {
    if (!a || !b) return a ? a : b;
    if (b->deadline_ < a->deadline_) std::swap(a, b);
    b->sibling_ = a->child_;
    if (b->sibling_) b->sibling_->link_ = &b->sibling_;
    a->child_ = b;
    b->link_ = &a->child_;
    return a;
  }

  // Makes one heap of a list of siblings: neighbours first, then the pairs from the last to the first.
  static Timer* meld_siblings(Timer* list) {
    Timer* pairs = nullptr;  // linked by sibling_, last pair first
    while (list) {
      Timer* a = list;
      Timer* b = a->sibling_;
      list = b ? b->sibling_ : nullptr;
      a->sibling_ = nullptr;
      if (b) b->sibling_ = nullptr;
      Timer* pair = meld(a, b);
      pair->sibling_ = pairs;
      pairs = pair;
    }
    Timer* result = nullptr;
    while (pairs) {
      Timer* pair = std::exchange(pairs, pairs->sibling_);
      pair->sibling_ = nullptr;
      result = meld(result, pair);
    }
    return result;
  }

  Timer* root_ = nullptr;
};

}  // namespace scone::sched
