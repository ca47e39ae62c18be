#include "enclave/boundary/arena.h"

#include <linux/errno.h>

#include <bit>

#include "abi/border.h"
#include "abi/layout.h"
#include "base/cache_line.h"
#include "base/checked.h"
#include "enclave/boundary/host_state.h"
#include "enclave/entry/ethread.h"
#include "enclave/sched/lock.h"

namespace scone::boundary {
namespace {

// The arena is cut into chunks of 1 MiB. A chunk serves one block size at a time: a power of four
// from 256 bytes to 1 MiB; a bitmap says which blocks are free. Chunks that become empty serve any size again. Low chunks are
// preferred, so that the host touches as little memory as possible.
constexpr size_t kChunkSize = 1 << 20;
constexpr size_t kSmallest = 256;
constexpr unsigned kClasses = 7;
constexpr size_t kMaxChunks = 128;
constexpr uint8_t kUnused = 0xff;

constexpr size_t block_size(unsigned size_class) { return kSmallest << (2 * size_class); }
constexpr size_t blocks(unsigned size_class) { return kChunkSize / block_size(size_class); }

struct Chunk {
  uint8_t size_class = kUnused;
  uint16_t used = 0;
  uint64_t taken[kChunkSize / kSmallest / 64] = {};

  // Precondition: a block is free.
  size_t take() {
    ++used;
    for (size_t word = 0;; ++word) {
      if (taken[word] == UINT64_MAX) continue;
      const auto bit = static_cast<unsigned>(std::countr_one(taken[word]));
      taken[word] |= uint64_t{1} << bit;
      return word * 64 + bit;
    }
  }
};

sched::SpinLock g_lock{sched::LockRank::kHostArena};
Chunk g_chunks[kMaxChunks];  // guarded by g_lock
size_t g_chunk_count;
uint64_t g_base;
uint64_t g_log_pages;

unsigned class_for(size_t size) {
  unsigned size_class = 0;
  while (block_size(size_class) < size) ++size_class;
  return size_class;
}

Chunk* chunk_with_room(unsigned size_class) {
  Chunk* unused = nullptr;
  for (size_t i = 0; i < g_chunk_count; ++i) {
    Chunk& chunk = g_chunks[i];
    if (chunk.size_class == size_class && chunk.used < blocks(size_class)) return &chunk;
    if (chunk.size_class == kUnused && !unused) unused = &chunk;
  }
  if (unused) unused->size_class = static_cast<uint8_t>(size_class);
  return unused;
}

// A few free blocks of the small sizes that an ethread keeps for its next calls, without the lock.
class Magazine {
 public:
  uint64_t pop(unsigned size_class) {
    if (size_class >= kCached || counts_[size_class] == 0) return 0;
    return blocks_[size_class][--counts_[size_class]];
  }
  bool push(unsigned size_class, uint64_t address) {
    if (size_class >= kCached || counts_[size_class] == kRoom[size_class]) return false;
    blocks_[size_class][counts_[size_class]++] = address;
    return true;
  }

 private:
  static constexpr unsigned kCached = 4;
  static constexpr unsigned kMostRoom = 32;
  static constexpr uint8_t kRoom[kCached] = {kMostRoom, 16, 8, 4};
  alignas(kCacheLine) uint64_t blocks_[kCached][kMostRoom];
  uint8_t counts_[kCached];
};
constinit Magazine g_magazines[abi::kMaxEthreads] = {};  // each touched by its ethread only

Magazine& own_magazine() { return g_magazines[entry::this_ethread().number]; }

}  // namespace

void init_arena() {
  const abi::StartInfo& info = start_info();
  g_log_pages = align_up(info.arena, abi::kPageSize);
  g_base = align_up(g_log_pages + info.ethreads * abi::kPageSize, abi::kPageSize);
  const uint64_t end = info.arena + info.arena_size;
  g_chunk_count = end > g_base ? (end - g_base) / kChunkSize : 0;
  if (g_chunk_count > kMaxChunks) g_chunk_count = kMaxChunks;
}

uint64_t log_page(uint64_t ethread_number) { return g_log_pages + ethread_number * abi::kPageSize; }

Result<uint64_t> allocate_host_memory(size_t size) {
  if (size > kChunkSize) return Errno(ENOMEM);
  const unsigned size_class = class_for(size);
  if (const uint64_t kept = own_magazine().pop(size_class)) return kept;
  sched::SpinGuard guard(g_lock);
  Chunk* chunk = chunk_with_room(size_class);
  if (!chunk) return Errno(ENOMEM);
  return g_base + static_cast<uint64_t>(chunk - g_chunks) * kChunkSize + chunk->take() * block_size(size_class);
}

void free_host_memory(uint64_t address) {
  Chunk& chunk = g_chunks[(address - g_base) / kChunkSize];
  if (own_magazine().push(chunk.size_class, address)) return;  // a chunk in use keeps its class
  sched::SpinGuard guard(g_lock);
  const size_t block = (address - g_base) % kChunkSize / block_size(chunk.size_class);
  chunk.taken[block / 64] &= ~(uint64_t{1} << block % 64);
  if (--chunk.used == 0) chunk.size_class = kUnused;
}

}  // namespace scone::boundary
