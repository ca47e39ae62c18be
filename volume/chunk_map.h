// Where a file's chunks are, and what proves that they are the newest.
#pragma once

#include <cstdint>
#include <utility>

#include "base/array.h"
#include "base/result.h"
#include "volume/bytes.h"

namespace scone::volume {

// A chunk as it was sealed last. The key of (file, epoch) and the counter, used once under it, name exactly one content; the tag proves it.
struct ChunkEntry {
  static constexpr uint32_t kHole = 0xffffffff;

  uint32_t slot = kHole;  // the chunk is at slot * chunk size of the host file; kHole: zeros, stored nowhere
  uint32_t epoch : 30 = 0;
  uint32_t changed : 1 = 0;  // since the last commit that is known to have succeeded
  uint32_t fresh : 1 =
      0;  // no commit, not even one that may have failed, refers to this slot: it is free with the next version
  uint64_t counter = 0;
  uint8_t tag[kTagSize] = {};

  bool is_hole() const { return slot == kHole; }
};
static_assert(sizeof(ChunkEntry) == 32);

// Chunk number → entry; entries never written are holes. Memory grows with what is stored, in leaves of 4 KiB: about 0.8 % of the
// file at chunks of 4 KiB, and 8 bytes per 512 KiB of holes. Small files take a smaller leaf.
class ChunkMap {
 public:
  static constexpr uint64_t kMaxChunks = 0xfffffffe;

  ChunkMap() = default;
  ChunkMap(const ChunkMap&) = delete;
  ChunkMap& operator=(const ChunkMap&) = delete;
  ~ChunkMap() { clear(); }

  // nullptr: a hole.
  const ChunkEntry* find(uint64_t index) const;
  ChunkEntry* find(uint64_t index) { return const_cast<ChunkEntry*>(std::as_const(*this).find(index)); }
  // Makes room. Precondition: index < kMaxChunks. ENOMEM.
  Result<ChunkEntry*> at(uint64_t index);
  // The first chunk at or after `index` that has room for an entry (it may still be a hole), or kMaxChunks.
  uint64_t next_possible(uint64_t index) const;
  void clear();

 private:
  static constexpr uint32_t kLeaf = 128;

  Result<void> grow_first(uint32_t index);

  ChunkEntry* first_ = nullptr;  // chunks [0, first_capacity_)
  uint32_t first_capacity_ = 0;
  Array<ChunkEntry*> more_;  // more_[i]: chunks [(i + 1) * kLeaf, (i + 2) * kLeaf), or nullptr
};

}  // namespace scone::volume
