// The program's accepted pages: every change of them goes through here, so that EPC, shadow and count agree.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "enclave/mm/epc.h"
#include "enclave/mm/page_states.h"

namespace scone::mm {

// Size of the scratch buffer: the most that one fault reads from a file.
inline constexpr uint64_t kScratchPages = 64;

// Writers hold the address space's lock. Ranges are page-aligned and lie in the program range; rights are the EPCM's
// (epcm_prot). On failure all three still agree, but part of the range may have been done.
class ProgramPages {
 public:
  // `scratch`: address of kScratchPages pages of committed runtime memory, for the life of this object.
  ProgramPages(Epc& epc, uint64_t begin, uint64_t end, uint64_t limit_pages, uint64_t scratch);

  const PageStates& states() const { return states_; }
  uint64_t committed() const { return committed_.load(std::memory_order_relaxed); }
  uint64_t limit() const { return limit_; }
  // Pages that may still be added.
  uint64_t room() const { return limit_ - committed(); }
  // Whatever the caller likes, until it calls anything else here.
  std::span<uint8_t> scratch() const;

  // Adds missing pages, zero. ENOMEM when there is no room.
  Result<void> add_zero(uint64_t begin, uint64_t end, Prot prot);
  // Adds missing pages with the contents of the first pages of scratch().
  Result<void> add_scratch(uint64_t begin, uint64_t end, Prot prot);
  // Takes away, or adds, rights of the accepted pages of the range; missing ones are skipped.
  Result<void> take_rights(uint64_t begin, uint64_t end, Prot rights);
  Result<void> add_rights(uint64_t begin, uint64_t end, Prot rights);
  // Removes the accepted pages of the range.
  Result<void> remove(uint64_t begin, uint64_t end);
  // Makes the accepted pages of the range zero, or missing, whichever is cheaper.
  Result<void> clear(uint64_t begin, uint64_t end);
  // Moves the accepted pages of [from, from + length) with contents and rights. No page of the destination is accepted; it
  // does not overlap the source. ENOMEM: nothing has moved.
  Result<void> move(uint64_t from, uint64_t to, uint64_t length);

  // Calls visit(begin, end, prot) → Result<void> for each run of accepted pages with equal rights; stops at an error.
  template <typename Visit>
  Result<void> for_each_run(uint64_t begin, uint64_t end, Visit visit) const {
    for (uint64_t at = states_.next_accepted(begin, end); at < end; at = states_.next_accepted(at, end)) {
      const uint64_t run_end = states_.run_end(at, end);
      TRY(visit(at, run_end, states_.get(at).prot));
      at = run_end;
    }
    return ok();
  }

 private:
  Result<void> move_piece(uint64_t from, uint64_t to, uint64_t length);
  Result<void> copy_run(uint64_t from, uint64_t to, uint64_t length, Prot prot);
  void record_added(uint64_t begin, uint64_t end, Prot prot);

  Epc& epc_;
  PageStates states_;
  std::atomic<uint64_t> committed_{0};
  const uint64_t limit_;
  const uint64_t scratch_;
};

}  // namespace scone::mm
