#include "enclave/rewrite/site_table.h"

#include <linux/errno.h>

#include <new>

#include "enclave/rewrite/first_index.h"

namespace scone::rewrite {
namespace {

struct Entry {
  Site site;
  bool removed = false;  // by atomic_ref: readers look while remove() writes
};

bool is_removed(const Entry& entry) {
  return std::atomic_ref<bool>(const_cast<bool&>(entry.removed)).load(std::memory_order_acquire);
}

// Heap sort of indices by trampoline address: no recursion, no memory.
void sort_by_trampoline(std::span<uint32_t> order, const Array<Entry>& entries) {
  auto less = [&](uint32_t a, uint32_t b) { return entries[a].site.trampoline < entries[b].site.trampoline; };
  auto sift = [&](size_t root, size_t count) {
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
      if (child + 1 < count && less(order[child], order[child + 1])) ++child;
      if (!less(order[root], order[child])) return;
      std::swap(order[root], order[child]);
    }
  };
  for (size_t i = order.size() / 2; i-- > 0;) sift(i, order.size());
  for (size_t count = order.size(); count-- > 1;) {
    std::swap(order[0], order[count]);
    sift(0, count);
  }
}

}  // namespace

// Never changed once published, but for the flags of removed sites.
struct SiteTable::Snapshot {
  Array<Entry> entries;           // ascending by window
  Array<uint32_t> by_trampoline;  // indices of entries, ascending by trampoline
  Snapshot* next_retired = nullptr;
};

// Holds the snapshot that was current at construction: publish() frees no snapshot while a reader exists.
class SiteTable::Reader {
 public:
  explicit Reader(const SiteTable& table) : table_(table) {
    table_.readers_.fetch_add(1);
    snapshot_ = table_.current_.load();
  }
  ~Reader() { table_.readers_.fetch_sub(1); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  const Site* window(uint64_t address) const {
    return snapshot_ ? table_.by_window(*snapshot_, address) : nullptr;
  }
  const Site* trampoline(uint64_t address) const {
    return snapshot_ ? table_.by_trampoline(*snapshot_, address) : nullptr;
  }
  const Snapshot* snapshot() const { return snapshot_; }

 private:
  const SiteTable& table_;
  const Snapshot* snapshot_;
};

SiteTable::~SiteTable() { publish(nullptr); }

// Sequentially consistent on purpose: a reader that counted itself after `readers_ == 0` was seen here loads the new
// snapshot, because the exchange came before.
void SiteTable::publish(Snapshot* snapshot) {
  if (Snapshot* old = current_.exchange(snapshot)) {
    old->next_retired = retired_;
    retired_ = old;
  }
  if (readers_.load() != 0) return;  // the next change frees them
  while (retired_) delete std::exchange(retired_, retired_->next_retired);
}

Result<void> SiteTable::add(std::span<const Site> sites) {
  Snapshot* snapshot = new (std::nothrow) Snapshot;
  if (!snapshot) return Errno(ENOMEM);
  auto fill = [&]() -> Result<void> {
    Snapshot* old = current_.load();
    size_t old_count = old ? old->entries.size() : 0;
    TRY(snapshot->entries.reserve(old_count + sites.size()));
    TRY(snapshot->by_trampoline.reserve(old_count + sites.size()));
    size_t added = 0;
    for (size_t i = 0; i < old_count; ++i) {
      const Entry& entry = old->entries[i];
      if (is_removed(entry)) continue;
      for (; added < sites.size() && sites[added].window < entry.site.window; ++added)
        TRY(snapshot->entries.push({sites[added]}));
      TRY(snapshot->entries.push({entry.site}));
    }
    for (; added < sites.size(); ++added) TRY(snapshot->entries.push({sites[added]}));
    for (uint32_t i = 0; i < snapshot->entries.size(); ++i) TRY(snapshot->by_trampoline.push(i));
    return ok();
  };
  Result<void> filled = fill();
  if (!filled.ok()) {
    delete snapshot;
    return filled;
  }
  sort_by_trampoline(snapshot->by_trampoline.span(), snapshot->entries);
  publish(snapshot);
  return ok();
}

void SiteTable::remove(uint64_t begin, uint64_t end) {
  Snapshot* snapshot = current_.load();
  if (!snapshot) return;
  for (Entry& entry : snapshot->entries) {
    if (entry.site.window + entry.site.window_size <= begin || entry.site.window >= end) continue;
    std::atomic_ref<bool>(entry.removed).store(true, std::memory_order_release);
  }
}

const Site* SiteTable::by_window(const Snapshot& snapshot, uint64_t address) const {
  const Array<Entry>& entries = snapshot.entries;
  size_t next = first_index(entries.size(), [&](size_t i) { return entries[i].site.window > address; });
  if (next == 0) return nullptr;
  const Entry& entry = entries[next - 1];
  return address - entry.site.window < entry.site.window_size && !is_removed(entry) ? &entry.site : nullptr;
}

const Site* SiteTable::by_trampoline(const Snapshot& snapshot, uint64_t address) const {
  const Array<Entry>& entries = snapshot.entries;
  const Array<uint32_t>& order = snapshot.by_trampoline;
  size_t next =
      first_index(order.size(), [&](size_t i) { return entries[order[i]].site.trampoline > address; });
  if (next == 0) return nullptr;
  const Entry& entry = entries[order[next - 1]];
  return address - entry.site.trampoline < entry.site.trampoline_size && !is_removed(entry) ? &entry.site
                                                                                            : nullptr;
}

uint64_t SiteTable::original_address(uint64_t rip) const {
  Reader reader(*this);
  const Site* site = reader.trampoline(rip);
  if (!site) return rip;
  size_t next =
      first_index(site->step_count, [&](size_t i) { return site->trampoline + site->steps[i].moved > rip; });
  return site->window + site->steps[next - 1].original;  // the first step is at 0
}

uint64_t SiteTable::resume_address(uint64_t address) const {
  Reader reader(*this);
  const Site* site = reader.window(address);
  if (!site || address == site->window) return address;
  for (uint8_t i = 0; i < site->step_count; ++i)
    if (site->window + site->steps[i].original == address) return site->trampoline + site->steps[i].moved;
  return address;
}

std::optional<uint64_t> SiteTable::restart_address(uint64_t after) const {
  Reader reader(*this);
  // `after` may be the end of a trampoline whose last instruction is the call itself.
  const Site* site = reader.trampoline(after - 1);
  return site && site->after_address() == after ? std::optional(site->entry_address()) : std::nullopt;
}

std::optional<Site> SiteTable::site_of(uint64_t address) const {
  Reader reader(*this);
  const Site* site = reader.window(address);
  if (!site) site = reader.trampoline(address);
  return site ? std::optional(*site) : std::nullopt;
}

bool SiteTable::empty() const {
  Reader reader(*this);
  if (!reader.snapshot()) return true;
  for (const Entry& entry : reader.snapshot()->entries)
    if (!is_removed(entry)) return false;
  return true;
}

}  // namespace scone::rewrite
