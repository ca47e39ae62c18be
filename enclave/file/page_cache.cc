#include "enclave/file/page_cache.h"

#include <atomic>
#include <new>

#include "enclave/sched/lock.h"

namespace scone::file {
namespace {

constinit PageCache g_cache;
constinit sched::SpinLock g_lock{sched::LockRank::kObject};
constinit IntrusiveList<Page>
    g_lru;                       // those that may be evicted, least recently added first; guarded by g_lock
constinit uint64_t g_count = 0;  // of all pages that are not `kept`, dirty ones included; guarded by g_lock
constinit std::atomic<uint64_t> g_dirty{0};  // written under g_lock

// Pages that are in no tree and not in use, for those that come: a cache that is full allocates nothing. Guarded by g_lock.
constinit IntrusiveList<Page> g_spare;

// How many pages in use an eviction passes over before it gives up.
constexpr int kPatience = 64;

void free_page(Page* page) {
  if (!page) return;
  delete[] page->bytes;
  delete page;
}

// g_lock held: nobody has the page any more. Those that count against the budget stay for others.
void give_up(Page* page) {
  if (page->kept)
    free_page(page);
  else
    g_spare.push_back(*page);
}

// g_lock held: the page leaves its tree; given up at once or with the last pin. True: it was dirty.
bool detach(Page& page) {
  const bool was_dirty = std::exchange(page.dirty, false);
  page.tree = nullptr;
  if (was_dirty) g_dirty.fetch_sub(1, std::memory_order_relaxed);
  if (page.linked()) {
    page.unlink();
    --g_count;
  }
  if (page.pins == 0) give_up(&page);
  return was_dirty;
}

}  // namespace

PageCache& page_cache() { return g_cache; }

Pinned::~Pinned() {
  if (page_) g_cache.unpin(*page_);
}

void PageCache::unpin(Page& page) {
  sched::SpinGuard guard(g_lock);
  if (--page.pins == 0 && !page.tree) give_up(&page);
}

Pinned PageCache::find(PageTree& tree, uint64_t index) {
  sched::SpinGuard guard(g_lock);
  Page* page = tree.find(index);
  if (!page) return {};
  ++page->pins;
  page->referenced = true;
  return Pinned(page);
}

void PageCache::evict_one() {
  for (int i = 0; i < kPatience; ++i) {
    Page* page = g_lru.front();
    if (!page) return;
    if (page->pins == 0 && !page->referenced) {
      page->tree->remove(page->index);
      detach(*page);
      return;
    }
    page->referenced = false;
    page->unlink();
    g_lru.push_back(*page);
  }
}

Result<Pinned> PageCache::allocate(bool kept) {
  if (!kept) {
    sched::SpinGuard guard(g_lock);
    if (g_count >= budget_) evict_one();
    if (Page* spare = g_spare.pop_front()) {
      spare->referenced = false;
      spare->pins = 1;
      return Pinned(spare);
    }
  }
  Page* page = new (std::nothrow) Page;
  if (page) page->bytes = new (std::nothrow) uint8_t[kPageSize];
  if (!page || !page->bytes) {
    free_page(page);
    return Errno(ENOMEM);
  }
  page->kept = kept;
  page->pins = 1;
  return Pinned(page);
}

Result<void> PageCache::add(PageTree& tree, uint64_t index, const Pinned& pinned) {
  sched::SpinGuard guard(g_lock);
  TRY(tree.reserve(index));
  Page& page = *pinned.page();
  tree.put(index, &page);
  page.tree = &tree;
  page.index = index;
  if (!page.kept) {
    g_lru.push_back(page);
    ++g_count;
  }
  return ok();
}

void PageCache::drop(PageTree& tree, uint64_t index) {
  sched::SpinGuard guard(g_lock);
  Page* page = tree.find(index);
  if (!page) return;
  tree.remove(index);
  detach(*page);
}

uint64_t PageCache::drop_from(PageTree& tree, uint64_t first) {
  uint64_t dirty = 0;
  sched::SpinGuard guard(g_lock);
  tree.clear_from(first, [&](Page& page) { dirty += detach(page); });
  return dirty;
}

bool PageCache::set_dirty(IntrusiveList<Page>& list, Page& page) {
  sched::SpinGuard guard(g_lock);
  if (page.dirty || !page.tree) return false;
  page.dirty = true;
  page.unlink();
  list.push_back(page);
  g_dirty.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void PageCache::set_clean(Page& page) {
  sched::SpinGuard guard(g_lock);
  if (!page.dirty) return;
  page.dirty = false;
  page.unlink();
  g_lru.push_back(page);
  g_dirty.fetch_sub(1, std::memory_order_relaxed);
}

bool PageCache::too_dirty() const { return g_dirty.load(std::memory_order_relaxed) * kDirtyPart > budget_; }

}  // namespace scone::file
