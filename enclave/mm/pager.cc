#include "enclave/mm/pager.h"

#include <linux/errno.h>

#include <bit>

#include "enclave/runtime/memory.h"

namespace scone::mm {
namespace {

Prot rights_for(Access access) {
  switch (access) {
    case Access::kRead:
      return Prot::kRead;
    case Access::kWrite:
      return kReadWrite;
    case Access::kExecute:
      return kReadExecute;
  }
  __builtin_unreachable();
}

// Size of the next window: double the last one if the fault follows it.
uint16_t next_size(bool follows, uint16_t last, uint16_t first, uint16_t largest) {
  return follows ? static_cast<uint16_t>(min_of(last * 2, int{largest})) : first;
}

// No window takes more than this share of the room that is left.
constexpr uint64_t kRoomShare = 16;

// What new pages of the mapping may do before anything was stored to them.
Prot initial_rights(const Vma& vma) {
  const Prot rights = epcm_prot(vma.prot);
  return vma.shared_file() ? rights & ~Prot::kWrite : rights;
}

}  // namespace

bool allows(Prot prot, Access access) {
  switch (access) {
    case Access::kRead:
      return prot != Prot::kNone;
    case Access::kWrite:
      return has(prot, Prot::kWrite);
    case Access::kExecute:
      return has(prot, Prot::kExecute);
  }
  __builtin_unreachable();
}

FaultOutcome Pager::bring_in(Vma& vma, uint64_t page, Access access) {
  if (!allows(vma.prot, access)) return FaultOutcome::kSegvAccErr;
  if (!pages_.states().get(page).accepted) {
    const FaultOutcome added = vma.backing ? add_from_file(vma, page) : add_anonymous(vma, page);
    if (added != FaultOutcome::kResolved) return added;
  }
  return grant(vma, page, access);
}

FaultOutcome Pager::bring_in_all(Vma& vma, uint64_t begin, uint64_t end, Access access) {
  for (uint64_t page = begin; page < end;) {
    const PageState state = pages_.states().get(page);
    if (state.accepted && has(state.prot, rights_for(access))) {
      page = pages_.states().run_end(page, end);
      continue;
    }
    const FaultOutcome outcome = bring_in(vma, page, access);
    if (outcome != FaultOutcome::kResolved) return outcome;
  }
  return FaultOutcome::kResolved;
}

// The missing pages around `page` that the fault should bring in: an aligned window, cut to the mapping and to room.
Pager::Window Pager::missing_window(Vma& vma, uint64_t page, uint16_t largest) {
  const PageStates& states = pages_.states();
  const bool follows = page == vma.window_end || page + kPageSize == vma.window_begin;
  vma.window_pages = next_size(follows, vma.window_pages, kFirstWindow, largest);
  const uint64_t fair = std::bit_floor(max_of(pages_.room() / kRoomShare, uint64_t{1}));
  const uint64_t size = min_of(uint64_t{vma.window_pages}, fair) * kPageSize;
  const uint64_t aligned = align_down(page, size);
  Window window{max_of(aligned, vma.begin), states.next_accepted(page, min_of(aligned + size, vma.end))};
  for (uint64_t at = states.next_accepted(window.begin, page); at < page; at = states.next_accepted(at, page))
    window.begin = at = states.next_missing(at, page);
  vma.window_begin = window.begin;
  vma.window_end = window.end;
  return window;
}

FaultOutcome Pager::add_anonymous(Vma& vma, uint64_t page) {
  const Window window = missing_window(vma, page, kLargestWindow);
  const auto added = pages_.add_zero(window.begin, window.end, initial_rights(vma));
  return added.ok() ? FaultOutcome::kResolved : FaultOutcome::kNoMemory;
}

// Pages are filled outside the program's range and then copied in, so that no other thread sees them half read.
FaultOutcome Pager::add_from_file(Vma& vma, uint64_t page) {
  Window window = missing_window(vma, page, kScratchPages);
  const auto scratch = pages_.scratch();
  // SAFETY: only the address is used; the scratch buffer is committed runtime memory.
  const uint64_t to = reinterpret_cast<uint64_t>(scratch.data());
  auto read = vma.backing->read(vma.offset_at(window.begin), to, window.end - window.begin);
  if (!read.ok()) return FaultOutcome::kBus;
  const uint64_t length = min_of(read.value(), window.end - window.begin);
  window.end = window.begin + align_up(length, kPageSize);
  vma.window_end = window.end;
  if (page >= window.end) return FaultOutcome::kBus;
  memset(scratch.data() + length, 0, window.end - window.begin - length);
  const auto added = pages_.add_scratch(window.begin, window.end, initial_rights(vma));
  return added.ok() ? FaultOutcome::kResolved : FaultOutcome::kNoMemory;
}

// The page is accepted; adds the right that the access needs, if the page does not have it.
FaultOutcome Pager::grant(Vma& vma, uint64_t page, Access access) {
  if (has(pages_.states().get(page).prot, rights_for(access))) return FaultOutcome::kResolved;
  const bool first_store = vma.shared_file() && access == Access::kWrite;
  const auto granted =
      first_store ? grant_store(vma, page) : pages_.add_rights(page, page + kPageSize, initial_rights(vma));
  return granted.ok() ? FaultOutcome::kResolved : FaultOutcome::kNoMemory;
}

Result<void> Pager::grant_store(Vma& vma, uint64_t page) {
  vma.store_pages = next_size(page == vma.store_end, vma.store_pages, 1, kLargestDirtyWindow);
  const uint64_t end = min_of(page + vma.store_pages * kPageSize, vma.end);
  vma.store_end = pages_.states().run_end(page, end);
  return pages_.add_rights(page, vma.store_end, epcm_prot(vma.prot));
}

Result<void> Pager::load_code(Vma& vma, ExecHook& hook) {
  const uint64_t file_size = TRY(vma.backing->size());
  if (file_size <= vma.offset) return ok();
  const uint64_t length = min_of(vma.length(), file_size - vma.offset);
  const uint64_t end = vma.begin + align_up(length, kPageSize);
  TRY(pages_.add_zero(vma.begin, end, kReadWrite));
  const uint64_t read = min_of(TRY(vma.backing->read(vma.offset, vma.begin, length)), length);
  // SAFETY: the pages were just accepted; the program does not know of them yet.
  TRY(hook.prepare(vma.begin, {reinterpret_cast<uint8_t*>(vma.begin), read}, *vma.backing, vma.offset));
  vma.flags |= kVmaRewritten;
  const Prot rights = epcm_prot(vma.prot);
  TRY(pages_.add_rights(vma.begin, end, rights));
  return pages_.take_rights(vma.begin, end, ~rights);
}

Result<void> Pager::write_run(Vma& vma, uint64_t begin, uint64_t end, uint64_t file_size) {
  const uint64_t offset = vma.offset_at(begin);
  if (offset >= file_size) return ok();
  const uint64_t length = min_of(end - begin, file_size - offset);
  for (uint64_t done = 0; done < length;) {
    const size_t written = TRY(vma.backing->write(offset + done, begin + done, length - done));
    if (written == 0 || written > length - done) return Errno(EIO);
    done += written;
  }
  return ok();
}

Result<void> Pager::write_back(Vma& vma, uint64_t begin, uint64_t end) {
  if (!vma.shared_file() || pages_.states().next_accepted(begin, end) == end) return ok();
  const uint64_t file_size = TRY(vma.backing->size());
  return pages_.for_each_run(begin, end, [&](uint64_t run, uint64_t run_end, Prot prot) -> Result<void> {
    return has(prot, Prot::kWrite) ? write_run(vma, run, run_end, file_size) : ok();
  });
}

Result<void> Pager::clean(Vma& vma, uint64_t begin, uint64_t end) {
  if (!vma.shared_file() || pages_.states().next_accepted(begin, end) == end) return ok();
  const uint64_t file_size = TRY(vma.backing->size());
  return pages_.for_each_run(begin, end, [&](uint64_t run, uint64_t run_end, Prot prot) -> Result<void> {
    if (!has(prot, Prot::kWrite)) return ok();
    // First the right, then the contents: a store in between would be lost.
    TRY(pages_.take_rights(run, run_end, Prot::kWrite));
    const auto written = write_run(vma, run, run_end, file_size);
    if (!written.ok()) TRY(pages_.add_rights(run, run_end, Prot::kWrite));
    return written.ok() ? ok() : Result<void>(written.error());
  });
}

}  // namespace scone::mm
