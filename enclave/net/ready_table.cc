#include "enclave/net/ready_table.h"

#include <linux/errno.h>

#include <atomic>
#include <new>

#include "enclave/sched/lock.h"

namespace scone::net::ready_table {
namespace {

constexpr uint32_t kChunk = 1024;
constexpr uint32_t kChunks = 1024;
constexpr uint32_t kNone = UINT32_MAX;
constexpr uint32_t kMaxGeneration = INT32_MAX;

// Never freed: a late event may look at an entry at any time.
struct Entry {
  sched::SpinLock lock{sched::LockRank::kObject};
  ReadyListener* listener = nullptr;  // guarded by lock
  uint32_t generation = 0;            // guarded by lock
  uint32_t next_free = kNone;         // guarded by g_lock
};

constinit sched::SpinLock g_lock{sched::LockRank::kObject};  // never held together with an entry's
constinit std::atomic<Entry*> g_chunks[kChunks] = {};        // written under g_lock
constinit uint32_t g_used = 0;                               // guarded by g_lock: indices handed out so far
constinit uint32_t g_free = kNone;                           // guarded by g_lock: head of the free list

Entry* entry_at(uint32_t index) {
  if (index >= kChunk * kChunks) return nullptr;
  Entry* chunk = g_chunks[index / kChunk].load(std::memory_order_acquire);
  return chunk ? &chunk[index % kChunk] : nullptr;
}

Result<uint32_t> take_index() {
  sched::SpinGuard guard(g_lock);
  if (g_free != kNone) {
    const uint32_t index = g_free;
    g_free = entry_at(index)->next_free;
    return index;
  }
  if (g_used == kChunk * kChunks) return Errno(ENFILE);
  if (g_used % kChunk == 0) {
    auto* chunk = new (std::nothrow) Entry[kChunk];
    if (!chunk) return Errno(ENOMEM);
    g_chunks[g_used / kChunk].store(chunk, std::memory_order_release);
  }
  return g_used++;
}

void free_index(uint32_t index) {
  sched::SpinGuard guard(g_lock);
  entry_at(index)->next_free = g_free;
  g_free = index;
}

}  // namespace

Result<uint64_t> assign(ReadyListener& listener) {
  const uint32_t index = TRY(take_index());
  Entry& entry = *entry_at(index);
  sched::SpinGuard guard(entry.lock);
  entry.generation = entry.generation == kMaxGeneration ? 1 : entry.generation + 1;
  entry.listener = &listener;
  return static_cast<uint64_t>(entry.generation) << 32 | index;
}

void revoke(uint64_t token) {
  const auto index = static_cast<uint32_t>(token);
  Entry& entry = *entry_at(index);
  {
    sched::SpinGuard guard(entry.lock);
    entry.listener = nullptr;
  }
  free_index(index);
}

namespace {

template <typename Function>
void call(uint64_t token, Function function) {
  Entry* entry = entry_at(static_cast<uint32_t>(token));
  if (!entry) return;
  sched::SpinGuard guard(entry->lock);
  if (entry->listener && entry->generation == token >> 32) function(*entry->listener);
}

}  // namespace

void notify(uint64_t token, uint32_t events) {
  call(token, [&](ReadyListener& listener) { listener.on_edge(events); });
}

void arrive(uint64_t token, int64_t result, boundary::HostBuffer& data) {
  call(token, [&](ReadyListener& listener) { listener.on_arrival(result, data); });
}

}  // namespace scone::net::ready_table
