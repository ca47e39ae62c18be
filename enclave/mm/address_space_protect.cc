// mprotect(2).
#include <linux/errno.h>
#include <linux/mman.h>

#include "enclave/mm/address_space.h"

namespace scone::mm {
namespace {

// Without effect on x86: "memory may be used for atomic ops".
constexpr int kProtSem = PROT_SEM;
constexpr int kRights = PROT_READ | PROT_WRITE | PROT_EXEC;

}  // namespace

Result<void> AddressSpace::mprotect(uint64_t address, uint64_t length, int prot) {
  const int grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
  if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || !is_aligned(address, kPageSize)) return Errno(EINVAL);
  if (length == 0) return ok();
  const auto unaligned_end = checked_add(address, length);
  if (!unaligned_end || *unaligned_end > align_down(UINT64_MAX, kPageSize)) return Errno(ENOMEM);
  if (prot & ~(kRights | kProtSem | PROT_GROWSDOWN | PROT_GROWSUP)) return Errno(EINVAL);
  const uint64_t end = align_up(*unaligned_end, kPageSize);
  LockGuard guard(lock_);
  uint64_t begin = address;
  if (grows) {
    // The change reaches down to the beginning of a stack (glibc, before it loads a library that needs one executable).
    const Vma* vma = map_.at(address);
    if (!vma) return Errno(ENOMEM);
    if (grows == PROT_GROWSUP || vma->kind != VmaKind::kStack) return Errno(EINVAL);
    begin = vma->begin;
  }
  auto result = protect(begin, end, Prot(prot & kRights));
  map_.merge(begin, end);
  return result;
}

// As Linux, everything below the first hole is changed even if there is one.
Result<void> AddressSpace::protect(uint64_t begin, uint64_t end, Prot prot) {
  while (begin < end) {
    Vma* vma = map_.at(begin);
    if (!vma) return Errno(ENOMEM);
    const uint64_t stop = min_of(vma->end, end);
    TRY(protect_part(*vma, begin, stop, prot));
    begin = stop;
  }
  return ok();
}

Result<void> AddressSpace::protect_part(Vma& vma, uint64_t begin, uint64_t end, Prot prot) {
  if (vma.prot == prot) return ok();
  if (has(prot, Prot::kWrite) && !vma.is(kVmaMayWrite)) return Errno(EACCES);
  const bool becomes_writable = has(prot, Prot::kWrite) && !has(vma.prot, Prot::kWrite);
  if (becomes_writable && !vma.shared_file() && overcommits(end - begin, prot, vma.flags))
    return Errno(ENOMEM);
  TRY(map_.isolate(begin, end));
  Vma& part = *map_.at(begin);
  const Prot rights = epcm_prot(prot);
  if (!has(prot, Prot::kWrite)) TRY(pager_.clean(part, begin, end));
  TRY(pages_.take_rights(begin, end, ~rights));
  part.prot = prot;
  // Stores to shared file pages must be noticed: the first one of each page adds the right to write. And what fails here,
  // the page's next fault does.
  const Prot added = part.shared_file() ? rights & ~Prot::kWrite : rights;
  static_cast<void>(pages_.add_rights(begin, end, added));
  return ok();
}

}  // namespace scone::mm
