#include "volume/chunk_map.h"

namespace scone::volume {

const ChunkEntry* ChunkMap::find(uint64_t index) const {
  const ChunkEntry* entry = nullptr;
  if (index < kLeaf) {
    if (index < first_capacity_) entry = &first_[index];
  } else if (index / kLeaf - 1 < more_.size()) {
    const ChunkEntry* leaf = more_[index / kLeaf - 1];
    if (leaf) entry = &leaf[index % kLeaf];
  }
  return entry && !entry->is_hole() ? entry : nullptr;
}

Result<void> ChunkMap::grow_first(uint32_t index) {
  uint32_t capacity = first_capacity_ ? first_capacity_ : 1;
  while (capacity <= index) capacity *= 4;
  if (capacity > kLeaf) capacity = kLeaf;
  ChunkEntry* grown = new (std::nothrow) ChunkEntry[capacity];
  if (!grown) return Errno(ENOMEM);
  for (uint32_t i = 0; i < first_capacity_; ++i) grown[i] = first_[i];
  delete[] first_;
  first_ = grown;
  first_capacity_ = capacity;
  return ok();
}

Result<ChunkEntry*> ChunkMap::at(uint64_t index) {
  if (index < kLeaf) {
    if (index >= first_capacity_) TRY(grow_first(static_cast<uint32_t>(index)));
    return &first_[index];
  }
  const uint64_t leaf = index / kLeaf - 1;
  if (leaf >= more_.size()) {
    TRY(more_.make_room(leaf + 1 - more_.size()));
    TRY(more_.resize(leaf + 1, nullptr));
  }
  if (!more_[leaf]) more_[leaf] = new (std::nothrow) ChunkEntry[kLeaf];
  if (!more_[leaf]) return Errno(ENOMEM);
  return &more_[leaf][index % kLeaf];
}

uint64_t ChunkMap::next_possible(uint64_t index) const {
  if (index < first_capacity_) return index;
  uint64_t leaf = index < kLeaf ? 0 : index / kLeaf - 1;
  for (; leaf < more_.size(); ++leaf) {
    if (!more_[leaf]) continue;
    const uint64_t begin = (leaf + 1) * kLeaf;
    return index > begin ? index : begin;
  }
  return kMaxChunks;
}

void ChunkMap::clear() {
  delete[] first_;
  for (ChunkEntry* leaf : more_) delete[] leaf;
  more_.release();
  first_ = nullptr;
  first_capacity_ = 0;
}

}  // namespace scone::volume
