#include "enclave/mm/page_states.h"

#include <linux/errno.h>

#include <new>

namespace scone::mm {
namespace {

constexpr uint8_t kAccepted = 8;  // above the bits of Prot

uint8_t encode(PageState state) { return state.accepted ? kAccepted | static_cast<uint8_t>(state.prot) : 0; }
PageState decode(uint8_t bits) { return {(bits & kAccepted) != 0, Prot(bits & 7)}; }

}  // namespace

PageStates::PageStates(uint64_t begin, uint64_t end)
    : begin_(begin), end_(end), first_(align_down(begin, kDirectorySpan)) {}

PageStates::~PageStates() {
  for (auto& slot : directories_) {
    Directory* directory = slot.load(std::memory_order_relaxed);
    if (!directory) continue;
    for (auto& leaf : directory->leaves) delete leaf.load(std::memory_order_relaxed);
    delete directory;
  }
}

const PageStates::Directory* PageStates::directory(uint64_t address) const {
  return directories_[(address - first_) / kDirectorySpan].load(std::memory_order_acquire);
}

const PageStates::Leaf* PageStates::leaf(uint64_t address) const {
  const Directory* found = directory(address);
  if (!found) return nullptr;
  return found->leaves[address % kDirectorySpan / kLeafSpan].load(std::memory_order_acquire);
}

PageState PageStates::get(uint64_t address) const {
  if (address < begin_ || address >= end_) return {};
  const Leaf* found = leaf(address);
  return found ? decode(found->pages[address % kLeafSpan / kPageSize].load(std::memory_order_acquire))
               : PageState{};
}

Result<void> PageStates::reserve_leaf(uint64_t address) {
  auto& slot = directories_[(address - first_) / kDirectorySpan];
  Directory* directory = slot.load(std::memory_order_relaxed);
  if (!directory) {
    directory = new (std::nothrow) Directory();
    if (!directory) return Errno(ENOMEM);
    slot.store(directory, std::memory_order_release);
  }
  auto& leaf = directory->leaves[address % kDirectorySpan / kLeafSpan];
  if (leaf.load(std::memory_order_relaxed)) return ok();
  Leaf* fresh = new (std::nothrow) Leaf();
  if (!fresh) return Errno(ENOMEM);
  leaf.store(fresh, std::memory_order_release);
  return ok();
}

Result<void> PageStates::reserve(uint64_t begin, uint64_t end) {
  for (uint64_t at = align_down(begin, kLeafSpan); at < end; at += kLeafSpan) TRY(reserve_leaf(at));
  return ok();
}

void PageStates::set(uint64_t begin, uint64_t end, PageState state) {
  const uint8_t bits = encode(state);
  for (uint64_t at = begin; at < end; at += kPageSize)
    leaf(at)->pages[at % kLeafSpan / kPageSize].store(bits, std::memory_order_release);
}

uint64_t PageStates::skip_hole(uint64_t address) const {
  const uint64_t span = directory(address) ? kLeafSpan : kDirectorySpan;
  return align_down(address, span) + span;
}

uint64_t PageStates::next_accepted(uint64_t begin, uint64_t end) const {
  for (uint64_t at = begin; at < end;) {
    if (!leaf(at)) {
      at = skip_hole(at);
      continue;
    }
    if (get(at).accepted) return at;
    at += kPageSize;
  }
  return end;
}

uint64_t PageStates::next_missing(uint64_t begin, uint64_t end) const {
  uint64_t at = begin;
  while (at < end && get(at).accepted) at += kPageSize;
  return at;
}

uint64_t PageStates::run_end(uint64_t begin, uint64_t end) const {
  const PageState state = get(begin);
  if (!state.accepted) return next_accepted(begin, end);
  uint64_t at = begin;
  while (at < end && get(at) == state) at += kPageSize;
  return min_of(at, end);
}

}  // namespace scone::mm
