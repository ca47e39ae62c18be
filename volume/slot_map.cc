#include "volume/slot_map.h"

namespace scone::volume {

bool SlotMap::is_used(uint32_t slot) const {
  return slot / 64 < words_.size() && (words_[slot / 64] >> (slot % 64) & 1);
}

Result<void> SlotMap::set(uint64_t slot) {
  if (slot / 64 >= words_.size()) {
    TRY(words_.make_room(slot / 64 + 1 - words_.size()));
    TRY(words_.resize(slot / 64 + 1, 0));
  }
  words_[slot / 64] |= uint64_t{1} << (slot % 64);
  ++used_;
  if (slot >= end_) end_ = slot + 1;
  return ok();
}

Result<void> SlotMap::mark(uint32_t slot) {
  if (is_used(slot)) return Errno(EEXIST);
  return set(slot);
}

uint64_t SlotMap::end() const {
  uint64_t end = end_;
  while (end > 0 && !is_used(static_cast<uint32_t>(end - 1))) --end;
  return end;
}

// Precondition: there is a free slot in [0, end_).
uint64_t SlotMap::next_free(uint64_t from) const {
  const uint64_t words = (end_ + 63) / 64;
  for (uint64_t step = 0, word = from / 64; step <= words; ++step, word = (word + 1) % words) {
    uint64_t free = ~words_[word];
    if (step == 0) free &= ~uint64_t{0} << (from % 64);
    if (word == end_ / 64) free &= (uint64_t{1} << (end_ % 64)) - 1;
    if (free) return word * 64 + static_cast<uint64_t>(__builtin_ctzll(free));
  }
  return end_;
}

Result<uint32_t> SlotMap::take(uint32_t preferred) {
  uint64_t slot;
  if (preferred <= end_ + kReach && !is_used(preferred))
    slot = preferred;
  else if (used_ < end_)
    slot = next_free(last_ < end_ ? last_ : 0);
  else
    slot = end_;
  if (slot >= kMaxSlots) return Errno(EFBIG);
  TRY(set(slot));
  last_ = slot + 1;
  return static_cast<uint32_t>(slot);
}

void SlotMap::free(uint32_t slot) {
  if (!is_used(slot)) return;
  words_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  --used_;
  if (used_ == 0) end_ = last_ = 0;
}

}  // namespace scone::volume
