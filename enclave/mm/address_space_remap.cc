// mremap(2). Enclave pages cannot change their address, so moving means copying page by page.
#include <linux/errno.h>
#include <linux/mman.h>

#include "enclave/mm/address_space.h"

namespace scone::mm {
namespace {

Result<void> check_flags(int flags, uint64_t old_length, uint64_t new_length) {
  if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) return Errno(EINVAL);
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE)) return Errno(EINVAL);
  if ((flags & MREMAP_DONTUNMAP) && old_length != new_length) return Errno(EINVAL);
  return ok();
}

}  // namespace

// Lengths are whole pages.
struct AddressSpace::Move {
  uint64_t address;
  uint64_t old_length;
  uint64_t new_length;
  int flags;
  uint64_t new_address;

  uint64_t end() const { return address + old_length; }
  bool fixed() const { return flags & MREMAP_FIXED; }
  bool keeps_source() const { return flags & MREMAP_DONTUNMAP; }
  bool may_move() const { return flags & MREMAP_MAYMOVE; }
};

Result<uint64_t> AddressSpace::mremap(uint64_t address, uint64_t old_length, uint64_t new_length, int flags,
                                      uint64_t new_address) {
  if (!is_aligned(address, kPageSize) || old_length > kTaskSize || new_length == 0) return Errno(EINVAL);
  if (new_length > kTaskSize) return Errno(flags & MREMAP_FIXED ? EINVAL : ENOMEM);
  const Move move{address, align_up(old_length, kPageSize), align_up(new_length, kPageSize), flags,
                  new_address};
  TRY(check_flags(flags, move.old_length, move.new_length));
  if (move.fixed()) {
    if (!is_aligned(new_address, kPageSize) || !in_range(new_address, move.new_length)) return Errno(EINVAL);
    if (range_touches(address, move.old_length, new_address, new_address + move.new_length))
      return Errno(EINVAL);
  }
  LockGuard guard(lock_);
  return remap(move);
}

Result<uint64_t> AddressSpace::remap(Move move) {
  const Vma* vma = map_.at(move.address);
  if (!vma) return Errno(EFAULT);
  if (move.old_length == 0) return duplicate(move);
  const bool stays = !move.fixed() && !move.keeps_source();
  if (stays && move.new_length <= move.old_length) {
    if (move.new_length < move.old_length) TRY(unmap(move.address + move.new_length, move.end()));
    return move.address;
  }
  if (move.end() > vma->end) return Errno(EFAULT);
  const bool grows = move.new_length > move.old_length;
  if (grows && !vma->shared_file() && overcommits(move.new_length, vma->prot, vma->flags))
    return Errno(ENOMEM);
  const uint64_t new_end = move.address + move.new_length;
  if (stays && move.end() == vma->end && new_end <= options_.end && map_.is_free(vma->end, new_end))
    return remap_in_place(move);
  if (!move.may_move()) return Errno(ENOMEM);
  return remap_elsewhere(move);
}

Result<uint64_t> AddressSpace::remap_in_place(const Move& move) {
  Vma& vma = *map_.at(move.address);
  map_.resize(vma, vma.begin, move.address + move.new_length);
  map_.merge(vma.begin, vma.end);
  return move.address;
}

Result<uint64_t> AddressSpace::remap_elsewhere(Move& move) {
  if (move.fixed()) {
    TRY(unmap(move.new_address, move.new_address + move.new_length));
  } else {
    MapRequest anywhere;
    anywhere.address = move.new_address;
    move.new_address = TRY(place(anywhere, move.new_length));
  }
  if (move.new_length < move.old_length) {
    TRY(unmap(move.address + move.new_length, move.end()));
    move.old_length = move.new_length;
  }
  TRY(move_mapping(move));
  return move.new_address;
}

Result<void> AddressSpace::move_mapping(const Move& move) {
  TRY(map_.isolate(move.address, move.end()));
  Vma& source = *map_.at(move.address);
  Vma* target = TRY(map_.create(source, move.new_address, move.new_address + move.new_length));
  if (target->kind == VmaKind::kHeap) target->kind = VmaKind::kPlain;
  // Rewritten code is bound to its address: at the new one it is read from the file again, as it was.
  const bool reload = source.is(kVmaRewritten) && !has(source.prot, Prot::kWrite);
  if (reload) target->flags &= static_cast<uint8_t>(~kVmaRewritten);
  auto moved = reload ? pages_.remove(move.address, move.end())
                      : pages_.move(move.address, move.new_address, move.old_length);
  if (!moved.ok()) {
    delete target;
    map_.merge(move.address, move.end());
    return moved;
  }
  map_.add(*target);
  if (!move.keeps_source()) map_.erase(move.address, move.end());
  map_.merge(move.address, move.end());
  map_.merge(move.new_address, move.new_address + move.new_length);
  return ok();
}

// "If the value of old_size is zero, and old_address refers to a shareable mapping, a new mapping of the same pages is
// created." Only a file's pages can be had twice here.
Result<uint64_t> AddressSpace::duplicate(const Move& move) {
  const Vma& source = *map_.at(move.address);
  if (!source.shared_file() || !move.may_move()) return Errno(EINVAL);
  MapRequest request;
  request.address = move.new_address;
  request.flags = MAP_SHARED | (move.fixed() ? MAP_FIXED : 0);
  request.prot = static_cast<int>(source.prot);
  request.backing = source.backing;
  request.offset = source.offset_at(move.address);
  request.may_write = source.is(kVmaMayWrite);
  const uint64_t address = TRY(place(request, move.new_length));
  TRY(map_at(address, move.new_length, request));
  return address;
}

}  // namespace scone::mm
