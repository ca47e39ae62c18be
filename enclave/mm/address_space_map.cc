// mmap(2), munmap(2): where mappings come to stand and how they replace each other.
#include <linux/errno.h>
#include <linux/mman.h>

#include "enclave/mm/address_space.h"

namespace scone::mm {
namespace {

// MAP_32BIT: "the first 2 Gigabytes"; as Linux, not the first one.
constexpr uint64_t k32BitBegin = uint64_t{1} << 30;
constexpr uint64_t k32BitEnd = uint64_t{2} << 30;

constexpr int kFixed = MAP_FIXED | MAP_FIXED_NOREPLACE;

Result<void> check_type(const MapRequest& request) {
  const int type = request.flags & MAP_TYPE;
  if (type == MAP_SHARED_VALIDATE && request.backing)
    return request.flags & MAP_SYNC ? Errno(EOPNOTSUPP) : ok();
  if (type != MAP_SHARED && type != MAP_PRIVATE) return Errno(EINVAL);
  return ok();
}

Result<void> check(const MapRequest& request) {
  if (!is_aligned(request.offset, kPageSize) || request.length == 0) return Errno(EINVAL);
  if (request.length > kTaskSize) return Errno(ENOMEM);
  if (!checked_add(request.offset, align_up(request.length, kPageSize))) return Errno(EOVERFLOW);
  if ((request.flags & kFixed) && !is_aligned(request.address, kPageSize)) return Errno(EINVAL);
  TRY(check_type(request));
  if (request.flags & MAP_HUGETLB) return Errno(ENOMEM);
  const bool shared = (request.flags & MAP_TYPE) != MAP_PRIVATE;
  if (shared && (request.prot & PROT_WRITE) && !request.may_write) return Errno(EACCES);
  return ok();
}

Vma model_of(const MapRequest& request) {
  const bool shared = (request.flags & MAP_TYPE) != MAP_PRIVATE;
  Vma model;
  model.offset = request.backing ? request.offset : 0;
  model.backing = request.backing;
  model.prot = Prot(request.prot & (PROT_READ | PROT_WRITE | PROT_EXEC));
  model.kind = request.kind;
  if (shared) model.flags |= kVmaShared;
  if (!shared || request.may_write) model.flags |= kVmaMayWrite;
  if (request.flags & MAP_NORESERVE) model.flags |= kVmaNoReserve;
  return model;
}

}  // namespace

Result<uint64_t> AddressSpace::place_fixed(const MapRequest& request, uint64_t length) const {
  if (request.address < options_.begin) return Errno(EPERM);  // as below vm.mmap_min_addr
  if (!in_range(request.address, length)) return Errno(ENOMEM);
  const bool replace = !(request.flags & MAP_FIXED_NOREPLACE);
  if (!replace && !map_.is_free(request.address, request.address + length)) return Errno(EEXIST);
  return request.address;
}

Result<uint64_t> AddressSpace::place(const MapRequest& request, uint64_t length) const {
  if (request.flags & kFixed) return place_fixed(request, length);
  const bool low_only = request.flags & MAP_32BIT;
  const uint64_t low = low_only ? max_of(k32BitBegin, options_.begin) : options_.begin;
  const uint64_t high = low_only ? min_of(k32BitEnd, options_.end) : options_.end;
  const uint64_t hint = align_down(request.address, kPageSize);
  if (hint != 0 && range_within(hint, length, options_.begin, high) && map_.is_free(hint, hint + length))
    return hint;
  if (auto gap = map_.highest_gap(length, low, min_of(high, options_.end - options_.stack_area))) return *gap;
  if (auto gap = map_.highest_gap(length, low, high)) return *gap;
  return Errno(ENOMEM);
}

bool AddressSpace::overcommits(uint64_t length, Prot prot, uint8_t flags) const {
  return has(prot, Prot::kWrite) && !(flags & kVmaNoReserve) && length / kPageSize > pages_.limit();
}

Result<uint64_t> AddressSpace::mmap(MapRequest request) {
  TRY(check(request));
  const uint64_t length = align_up(request.length, kPageSize);
  LockGuard guard(lock_);
  const uint64_t address = TRY(place(request, length));
  TRY(map_at(address, length, request));
  return address;
}

Result<void> AddressSpace::map_at(uint64_t address, uint64_t length, MapRequest& request) {
  const Vma model = model_of(request);
  if (!model.shared_file() && overcommits(length, model.prot, model.flags)) return Errno(ENOMEM);
  Vma* vma = TRY(map_.create(model, address, address + length));
  auto replaced = unmap(address, address + length);
  if (!replaced.ok()) {
    delete vma;
    return replaced;
  }
  map_.add(*vma);
  if (auto prepared = prepare_code(*vma); !prepared.ok()) {
    TRY(unmap(address, address + length));
    return prepared;
  }
  const bool populate = (request.flags & (MAP_POPULATE | MAP_LOCKED)) && !(request.flags & MAP_NONBLOCK);
  if (populate) pager_.bring_in_all(*vma, vma->begin, vma->end, Access::kRead);
  map_.merge(address, address + length);
  return ok();
}

Result<void> AddressSpace::prepare_code(Vma& vma) {
  if (!exec_hook_ || !vma.backing || vma.is(kVmaShared) || !has(vma.prot, Prot::kExecute)) return ok();
  return pager_.load_code(vma, *exec_hook_);
}

Result<void> AddressSpace::munmap(uint64_t address, uint64_t length) {
  if (!is_aligned(address, kPageSize) || length == 0 || !range_within(address, length, 0, kTaskSize))
    return Errno(EINVAL);
  const uint64_t begin = max_of(address, options_.begin);
  const uint64_t end = min_of(align_up(address + length, kPageSize), options_.end);
  if (begin >= end) return ok();
  LockGuard guard(lock_);
  return unmap(begin, end);
}

Result<void> AddressSpace::unmap(uint64_t begin, uint64_t end) {
  if (map_.is_free(begin, end)) return ok();
  TRY(map_.isolate(begin, end));
  for (Vma* vma = map_.find(begin); vma && vma->begin < end; vma = map_.find(vma->end)) {
    // munmap cannot report that the file refused the data; msync can.
    static_cast<void>(pager_.write_back(*vma, vma->begin, vma->end));
  }
  TRY(pages_.remove(begin, end));
  map_.erase(begin, end);
  return ok();
}

}  // namespace scone::mm
