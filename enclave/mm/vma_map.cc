#include "enclave/mm/vma_map.h"

#include <linux/errno.h>

#include <new>

namespace scone::mm {
namespace {

bool can_merge(const Vma& low, const Vma& high) {
  return low.end == high.begin && low.prot == high.prot && low.flags == high.flags && low.kind == high.kind &&
         low.backing.get() == high.backing.get() && low.offset_at(low.end) == high.offset;
}

}  // namespace

VmaMap::~VmaMap() {
  while (Vma* vma = tree_.find(0)) {
    tree_.remove(*vma);
    delete vma;
  }
}

Vma* VmaMap::at(uint64_t address) const {
  Vma* vma = tree_.find(address);
  return vma && vma->begin <= address ? vma : nullptr;
}

bool VmaMap::is_free(uint64_t begin, uint64_t end) const {
  const Vma* vma = tree_.find(begin);
  return !vma || vma->begin >= end;
}

bool VmaMap::covers(uint64_t begin, uint64_t end) const {
  while (begin < end) {
    const Vma* vma = at(begin);
    if (!vma) return false;
    begin = vma->end;
  }
  return true;
}

Result<Vma*> VmaMap::create(const Vma& model, uint64_t begin, uint64_t end) const {
  if (tree_.count() >= kMaxCount) return Errno(ENOMEM);
  Vma* vma = new (std::nothrow) Vma();
  if (!vma) return Errno(ENOMEM);
  vma->begin = begin;
  vma->end = end;
  vma->offset = model.offset;
  vma->backing = model.backing;
  vma->prot = model.prot;
  vma->flags = model.flags;
  vma->kind = model.kind;
  return vma;
}

Result<void> VmaMap::split(uint64_t address) {
  Vma* vma = at(address);
  if (!vma || vma->begin == address) return ok();
  Vma* upper = TRY(create(*vma, address, vma->end));
  upper->offset = vma->offset_at(address);
  tree_.resize(*vma, vma->begin, address);
  tree_.insert(*upper);
  return ok();
}

Result<void> VmaMap::isolate(uint64_t begin, uint64_t end) {
  TRY(split(begin));
  return split(end);
}

void VmaMap::erase(uint64_t begin, uint64_t end) {
  for (Vma* vma = tree_.find(begin); vma && vma->begin < end; vma = tree_.find(begin)) {
    tree_.remove(*vma);
    delete vma;
  }
}

void VmaMap::merge(uint64_t begin, uint64_t end) {
  Vma* low = begin > 0 ? tree_.find(begin - 1) : tree_.find(0);
  while (low && low->end <= end) {
    Vma* high = tree_.find(low->end);
    if (!high) return;
    if (!can_merge(*low, *high)) {
      low = high;
      continue;
    }
    const uint64_t merged_end = high->end;
    tree_.remove(*high);
    delete high;
    tree_.resize(*low, low->begin, merged_end);
  }
}

}  // namespace scone::mm
