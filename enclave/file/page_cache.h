// File contents inside the enclave, as plaintext that was verified when it came in.
#pragma once

#include <cstdint>
#include <utility>

#include "base/intrusive_list.h"
#include "base/result.h"
#include "enclave/file/page_tree.h"

namespace scone::file {

inline constexpr uint64_t kPageSize = 4096;

// In a file's tree, or on its way in or out. Guarded by the cache's lock, but for the contents.
struct Page : ListNode<Page> {
  PageTree* tree = nullptr;  // nullptr: in none
  uint64_t index = 0;
  uint32_t pins = 0;
  bool kept = false;        // the only copy (ephemeral files): never evicted, not counted
  bool referenced = false;  // used since the eviction looked at it
  bool dirty = false;       // newer than what is below: in its file's list of such pages, and not evicted
  uint8_t* bytes = nullptr;
};

// Keeps a page from being evicted and freed. Movable.
class Pinned {
 public:
  Pinned() = default;
  explicit Pinned(Page* page) : page_(page) {}
  Pinned(Pinned&& other) noexcept : page_(std::exchange(other.page_, nullptr)) {}
  Pinned& operator=(Pinned&& other) noexcept {
    std::swap(page_, other.page_);
    return *this;
  }
  ~Pinned();
  explicit operator bool() const { return page_ != nullptr; }
  uint8_t* bytes() const { return page_->bytes; }
  Page* page() const { return page_; }

 private:
  Page* page_ = nullptr;
};

// One for all files. What exceeds the budget makes place for what is new, least recently used first. Thread safe; who adds pages to a tree or
// takes them out holds the file's own lock, so that two do not add the same one.
class PageCache {
 public:
  static constexpr uint64_t kDefaultBudget = uint64_t{64} << 20;

  void set_budget(uint64_t bytes) { budget_ = bytes / kPageSize; }
  Pinned find(PageTree& tree, uint64_t index);
  // A page that is in no tree yet; its contents are the caller's to fill. ENOMEM.
  Result<Pinned> allocate(bool kept);
  // Puts it there. Precondition: there is none at `index`. ENOMEM.
  Result<void> add(PageTree& tree, uint64_t index, const Pinned& page);
  // Drops one page, if it is there.
  void drop(PageTree& tree, uint64_t index);
  // Drops the tree's pages from `first` on. How many of them were dirty.
  uint64_t drop_from(PageTree& tree, uint64_t first);

  // Pages in a tree that wait for their way down stand in a list of their file, which is guarded by the file's own lock.
  // False: it is dirty already.
  bool set_dirty(IntrusiveList<Page>& list, Page& page);
  void set_clean(Page& page);
  // More wait than is good: eviction needs pages that it may take. Whoever makes a page dirty looks here afterwards.
  bool too_dirty() const;
  uint64_t dirty_limit() const { return budget_ / kDirtyPart * kPageSize; }

 private:
  friend class Pinned;
  void unpin(Page& page);
  void evict_one();  // lock held

  static constexpr uint64_t kDirtyPart = 4;  // of the budget

  uint64_t budget_ = kDefaultBudget / kPageSize;  // pages
};

PageCache& page_cache();

}  // namespace scone::file
