#include "enclave/rewrite/placement.h"

namespace scone::rewrite {
namespace {

constexpr uint64_t kUnit = 16;
constexpr uint64_t kBlock = 256;  // addresses with the same d1, seen from the jump

// The displacement bytes of a jump.
uint8_t low_byte(uint64_t displacement) { return static_cast<uint8_t>(displacement); }
uint8_t second_byte(uint64_t displacement) { return static_cast<uint8_t>(displacement >> 8); }

}  // namespace

Result<Placement> Placement::create(uint64_t address, uint64_t size) {
  Bitmap units = TRY(Bitmap::create(size / kUnit));
  return Placement(std::move(units), address, size / kUnit * kUnit);
}

bool Placement::fits(uint64_t address, uint64_t size) const {
  uint64_t offset = address - address_;
  if (offset > size_ || size > size_ - offset) return false;
  return !taken_.any(offset / kUnit, (offset + size - 1) / kUnit + 1);
}

void Placement::mark(uint64_t address, uint64_t size) {
  uint64_t offset = address - address_;
  for (uint64_t unit = offset / kUnit; unit <= (offset + size - 1) / kUnit; ++unit) taken_.set(unit);
  if (offset + size > used_) used_ = offset + size;
  while (full_below_ < size_ && taken_.test(full_below_ / kUnit)) full_below_ += kUnit;
}

std::optional<uint64_t> Placement::take(uint64_t jump_end, uint64_t size, const Guard& guard) {
  const uint64_t end = address_ + size_;
  const uint64_t step = guard.low ? 1 : kUnit;
  for (uint64_t place = address_ + full_below_; place < end;) {
    uint64_t displacement = place - jump_end;
    if (guard.second && !is_trap_byte(second_byte(displacement))) {
      // On to the next block of displacements; addresses in it are looked at from its first unit on.
      place += kBlock - low_byte(displacement);
      if (!guard.low) place = (place + kUnit - 1) / kUnit * kUnit;
      continue;
    }
    if ((!guard.low || is_trap_byte(low_byte(displacement))) && fits(place, size)) {
      mark(place, size);
      return place;
    }
    place += step;
  }
  return std::nullopt;
}

}  // namespace scone::rewrite
