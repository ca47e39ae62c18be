#include "enclave/mm/address_space.h"

#include <linux/errno.h>

#include "enclave/runtime/memory.h"

namespace scone::mm {
namespace {

constexpr uint64_t kBranchReach = uint64_t{1} << 30;
constexpr uint8_t kBreakpoint = 0xcc;

std::string_view kind_name(VmaKind kind) {
  switch (kind) {
    case VmaKind::kPlain:
      return "";
    case VmaKind::kHeap:
      return "[heap]";
    case VmaKind::kStack:
      return "[stack]";
    case VmaKind::kRuntimeCode:
      return "[scone]";
  }
  __builtin_unreachable();
}

}  // namespace

AddressSpace::AddressSpace(Epc& epc, Lock& lock, const Options& options)
    : lock_(lock),
      options_(options),
      pages_(epc, options.begin, options.end, options.heap_limit / kPageSize, options.scratch),
      pager_(pages_) {}

AddressSpace::~AddressSpace() = default;

void AddressSpace::set_exec_hook(ExecHook* hook) {
  LockGuard guard(lock_);
  exec_hook_ = hook;
}

bool AddressSpace::in_range(uint64_t address, uint64_t length) const {
  return range_within(address, length, options_.begin, options_.end);
}

VmaInfo AddressSpace::describe(const Vma& vma) {
  const Backing* backing = vma.backing.get();
  return {.begin = vma.begin,
          .end = vma.end,
          .prot = vma.prot,
          .shared = vma.is(kVmaShared),
          .offset = vma.offset,
          .device = backing ? backing->device() : 0,
          .inode = backing ? backing->inode() : 0,
          .name = backing ? backing->name() : kind_name(vma.kind)};
}

FaultOutcome AddressSpace::resolve(uint64_t address, Access access) {
  Vma* vma = map_.at(address);
  return vma ? pager_.bring_in(*vma, align_down(address, kPageSize), access) : FaultOutcome::kSegvMapErr;
}

FaultOutcome AddressSpace::fault(uint64_t address, Access access) {
  LockGuard guard(lock_);
  faults_.fetch_add(1, std::memory_order_relaxed);
  return resolve(address, access);
}

Result<void> AddressSpace::prefault(uint64_t address, uint64_t length, Access access) {
  if (length == 0) return ok();
  if (!in_range(address, length)) return Errno(EFAULT);
  const uint64_t end = align_up(address + length, kPageSize);
  LockGuard guard(lock_);
  for (uint64_t at = align_down(address, kPageSize); at < end;) {
    Vma* vma = map_.at(at);
    if (!vma) return Errno(EFAULT);
    const uint64_t stop = min_of(vma->end, end);
    const FaultOutcome outcome = pager_.bring_in_all(*vma, at, stop, access);
    if (outcome != FaultOutcome::kResolved)
      return Errno(outcome == FaultOutcome::kNoMemory ? ENOMEM : EFAULT);
    at = stop;
  }
  return ok();
}

size_t AddressSpace::peek(uint64_t address, void* to, size_t length) {
  if (pages_.states().get(address).accepted) return 0;
  LockGuard guard(lock_);
  Vma* vma = map_.find(address);
  if (!vma || address < vma->begin || !vma->backing || !allows(vma->prot, Access::kRead)) return 0;
  const uint64_t end = min_of(vma->end, address + length);
  const uint64_t missing_end = pages_.states().next_accepted(align_down(address, kPageSize), align_up(end, kPageSize));
  if (missing_end <= address) return 0;
  return vma->backing->peek(vma->offset_at(address), to, min_of(missing_end, end) - address);
}

bool AddressSpace::present(uint64_t address, uint64_t length, Access access) const {
  if (length == 0) return true;
  if (!in_range(address, length)) return false;
  for (uint64_t at = align_down(address, kPageSize); at < address + length; at += kPageSize) {
    const PageState state = pages_.states().get(at);
    if (!state.accepted || !allows(state.prot, access)) return false;
  }
  return true;
}

Result<void> AddressSpace::mincore(uint64_t address, uint64_t length, std::span<uint8_t> resident) {
  if (!is_aligned(address, kPageSize)) return Errno(EINVAL);
  if (length == 0) return ok();
  if (!in_range(address, length)) return Errno(ENOMEM);
  const uint64_t end = align_up(address + length, kPageSize);
  LockGuard guard(lock_);
  if (!map_.covers(address, end)) return Errno(ENOMEM);
  for (uint64_t at = address; at < end; at += kPageSize)
    resident[(at - address) / kPageSize] = pages_.states().get(at).accepted ? 1 : 0;
  return ok();
}

Result<void> AddressSpace::sync_all() {
  LockGuard guard(lock_);
  Result<void> first;
  for (Vma* vma = map_.find(0); vma; vma = map_.find(vma->end)) {
    auto written = pager_.write_back(*vma, vma->begin, vma->end);
    if (first.ok()) first = std::move(written);
  }
  return first;
}

Result<uint64_t> AddressSpace::reserve_code(uint64_t near, uint64_t length) {
  if (length == 0 || length > kBranchReach) return Errno(EINVAL);
  length = align_up(length, kPageSize);
  near = align_down(near, kPageSize);
  const uint64_t low = near > options_.begin + kBranchReach ? near - kBranchReach : options_.begin;
  const uint64_t high = min_of(near + kBranchReach, options_.end);
  // Below first: above a program's image is where its break grows.
  auto gap = map_.highest_gap(length, low, near);
  if (!gap) gap = map_.highest_gap(length, near, high);
  if (!gap) return Errno(ENOMEM);
  Vma model;
  model.prot = kReadExecute;
  model.kind = VmaKind::kRuntimeCode;
  map_.add(*TRY(map_.create(model, *gap, *gap + length)));
  return *gap;
}

Result<void> AddressSpace::write_code(uint64_t address, std::span<const uint8_t> code) {
  const uint64_t end = align_up(address + code.size(), kPageSize);
  const Vma* vma = map_.at(address);
  if (!vma || vma->kind != VmaKind::kRuntimeCode || vma->end < end || !is_aligned(address, kPageSize) ||
      pages_.states().next_accepted(address, end) != end)
    return Errno(EINVAL);
  const auto scratch = pages_.scratch();
  for (size_t done = 0; done < code.size();) {
    const size_t length = min_of(code.size() - done, scratch.size());
    const size_t whole = align_up(length, kPageSize);
    memcpy(scratch.data(), code.data() + done, length);
    memset(scratch.data() + length, kBreakpoint, whole - length);
    TRY(pages_.add_scratch(address + done, address + done + whole, kReadExecute));
    done += length;
  }
  return ok();
}

}  // namespace scone::mm
