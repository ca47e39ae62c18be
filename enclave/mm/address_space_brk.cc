// brk(2).
#include <linux/errno.h>

#include "enclave/mm/address_space.h"

namespace scone::mm {

void AddressSpace::set_brk_base(uint64_t address) {
  LockGuard guard(lock_);
  brk_base_ = brk_ = address;
}

uint64_t AddressSpace::brk(uint64_t address) {
  LockGuard guard(lock_);
  if (address >= brk_base_ && address <= options_.end && move_brk(address)) brk_ = address;
  return brk_;
}

bool AddressSpace::move_brk(uint64_t address) {
  const uint64_t old_end = align_up(brk_, kPageSize);
  const uint64_t new_end = align_up(address, kPageSize);
  if (new_end == old_end) return true;
  if (new_end < old_end) return unmap(new_end, old_end).ok();
  if (!in_range(old_end, new_end - old_end) || !map_.is_free(old_end, new_end)) return false;
  Vma model;
  model.prot = kReadWrite;
  model.flags = kVmaMayWrite;
  model.kind = VmaKind::kHeap;
  if (overcommits(new_end - align_down(brk_base_, kPageSize), model.prot, model.flags)) return false;
  auto vma = map_.create(model, old_end, new_end);
  if (!vma.ok()) return false;
  map_.add(*vma.value());
  map_.merge(old_end, new_end);
  return true;
}

}  // namespace scone::mm
