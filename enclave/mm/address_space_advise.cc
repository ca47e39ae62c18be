// madvise(2) and msync(2).
#include <linux/errno.h>
#include <linux/mman.h>

#include "enclave/mm/address_space.h"

namespace scone::mm {
namespace {

// Advice that says something about speed only.
bool is_hint(int advice) {
  switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
      return true;
    default:
      return false;
  }
}

bool has_effect(int advice) {
  switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE:
    case MADV_REMOVE:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
      return true;
    default:
      return false;
  }
}

bool is_populate(int advice) { return advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE; }

bool private_anonymous(const Vma& vma) { return !vma.backing && !vma.is(kVmaShared); }

// Calls visit(vma, begin, end) for each part of the range that is mapped. ENOMEM at the end if there were holes.
template <typename Visit>
Result<void> for_each_part(VmaMap& map, uint64_t begin, uint64_t end, Visit visit) {
  bool hole = false;
  while (begin < end) {
    Vma* vma = map.find(begin);
    if (!vma || vma->begin >= end) return Errno(ENOMEM);
    hole = hole || vma->begin > begin;
    const uint64_t stop = min_of(vma->end, end);
    TRY(visit(*vma, max_of(vma->begin, begin), stop));
    begin = stop;
  }
  if (hole) return Errno(ENOMEM);
  return ok();
}

}  // namespace

Result<void> AddressSpace::madvise(uint64_t address, uint64_t length, int advice) {
  if (!is_hint(advice) && !has_effect(advice) && !is_populate(advice)) return Errno(EINVAL);
  if (!is_aligned(address, kPageSize)) return Errno(EINVAL);
  const auto unaligned_end = checked_add(address, length);
  if (!unaligned_end || *unaligned_end > align_down(UINT64_MAX, kPageSize)) return Errno(EINVAL);
  const uint64_t end = align_up(*unaligned_end, kPageSize);
  LockGuard guard(lock_);
  if (is_populate(advice))
    return populate(address, end, advice == MADV_POPULATE_READ ? Access::kRead : Access::kWrite);
  auto result = for_each_part(map_, address, end, [&](Vma& vma, uint64_t from, uint64_t to) -> Result<void> {
    return is_hint(advice) ? ok() : advise(vma, from, to, advice);
  });
  map_.merge(address, end);
  return result;
}

Result<void> AddressSpace::advise(Vma& vma, uint64_t begin, uint64_t end, int advice) {
  switch (advice) {
    case MADV_FREE:
      if (!private_anonymous(vma)) return Errno(EINVAL);
      return pages_.clear(begin, end);
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
      return discard(vma, begin, end);
    case MADV_REMOVE:
      return punch(vma, begin, end);
    case MADV_DONTFORK:
      return set_flag(vma, begin, end, kVmaDontFork, true);
    case MADV_DOFORK:
      return set_flag(vma, begin, end, kVmaDontFork, false);
    case MADV_WIPEONFORK:
      if (!private_anonymous(vma)) return Errno(EINVAL);
      return set_flag(vma, begin, end, kVmaWipeOnFork, true);
    default:
      return set_flag(vma, begin, end, kVmaWipeOnFork, false);  // MADV_KEEPONFORK
  }
}

// Unlike other advice, stops at the first hole and insists on the very right.
Result<void> AddressSpace::populate(uint64_t begin, uint64_t end, Access access) {
  while (begin < end) {
    Vma* vma = map_.at(begin);
    if (!vma) return Errno(ENOMEM);
    if (!has(vma->prot, access == Access::kRead ? Prot::kRead : Prot::kWrite)) return Errno(EINVAL);
    const uint64_t stop = min_of(vma->end, end);
    const FaultOutcome outcome = pager_.bring_in_all(*vma, begin, stop, access);
    if (outcome != FaultOutcome::kResolved) return Errno(outcome == FaultOutcome::kBus ? EFAULT : ENOMEM);
    begin = stop;
  }
  return ok();
}

// Private memory falls back to zeros or to the file; shared memory keeps its contents, which the file has afterwards.
Result<void> AddressSpace::discard(Vma& vma, uint64_t begin, uint64_t end) {
  if (private_anonymous(vma)) return pages_.clear(begin, end);
  if (!vma.backing) return ok();
  TRY(pager_.clean(vma, begin, end));
  return pages_.remove(begin, end);
}

// MADV_REMOVE: frees the object behind a shared mapping, which for anonymous memory is these pages.
Result<void> AddressSpace::punch(Vma& vma, uint64_t begin, uint64_t end) {
  if (private_anonymous(vma)) return Errno(EINVAL);
  if (!vma.is(kVmaShared) || !vma.is(kVmaMayWrite)) return Errno(EACCES);
  if (vma.backing) return Errno(EOPNOTSUPP);
  return pages_.clear(begin, end);
}

Result<void> AddressSpace::set_flag(Vma& vma, uint64_t begin, uint64_t end, VmaFlags flag, bool value) {
  if (vma.is(flag) == value) return ok();
  TRY(map_.isolate(begin, end));
  Vma& part = *map_.at(begin);
  part.flags = static_cast<uint8_t>(value ? part.flags | flag : part.flags & ~flag);
  return ok();
}

Result<void> AddressSpace::msync(uint64_t address, uint64_t length, int flags) {
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || !is_aligned(address, kPageSize))
    return Errno(EINVAL);
  if ((flags & MS_ASYNC) && (flags & MS_SYNC)) return Errno(EINVAL);
  const auto unaligned_end = checked_add(address, length);
  if (!unaligned_end || *unaligned_end > align_down(UINT64_MAX, kPageSize)) return Errno(ENOMEM);
  const uint64_t end = align_up(*unaligned_end, kPageSize);
  LockGuard guard(lock_);
  return for_each_part(map_, address, end, [&](Vma& vma, uint64_t from, uint64_t to) -> Result<void> {
    // MS_ASYNC too: on Linux other readers of the file see the stores at once.
    TRY(pager_.clean(vma, from, to));
    return vma.shared_file() && (flags & MS_SYNC) ? vma.backing->sync() : ok();
  });
}

}  // namespace scone::mm
