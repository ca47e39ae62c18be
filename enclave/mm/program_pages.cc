#include "enclave/mm/program_pages.h"

#include <linux/errno.h>

#include "enclave/runtime/memory.h"

namespace scone::mm {
namespace {

constexpr uint64_t kScratchSize = kScratchPages * kPageSize;
// A run up to this long is zeroed in place: cheaper than leaving the enclave to give it back and adding it again.
constexpr uint64_t kZeroInPlace = 32 * kPageSize;
// Large moves go in pieces, so that they need little memory twice.
constexpr uint64_t kMovePiece = uint64_t{64} << 20;

uint64_t pages_in(uint64_t begin, uint64_t end) { return (end - begin) / kPageSize; }

// SAFETY: callers pass accepted, writable pages, whose contents the program gave up.
void zero(uint64_t begin, uint64_t end) { memset(reinterpret_cast<void*>(begin), 0, end - begin); }

}  // namespace

ProgramPages::ProgramPages(Epc& epc, uint64_t begin, uint64_t end, uint64_t limit_pages, uint64_t scratch)
    : epc_(epc), states_(begin, end), limit_(limit_pages), scratch_(scratch) {}

std::span<uint8_t> ProgramPages::scratch() const {
  // SAFETY: the constructor's precondition.
  return {reinterpret_cast<uint8_t*>(scratch_), kScratchSize};
}

void ProgramPages::record_added(uint64_t begin, uint64_t end, Prot prot) {
  states_.set(begin, end, {true, prot});
  committed_.fetch_add(pages_in(begin, end), std::memory_order_relaxed);
}

Result<void> ProgramPages::add_zero(uint64_t begin, uint64_t end, Prot prot) {
  if (pages_in(begin, end) > room()) return Errno(ENOMEM);
  TRY(states_.reserve(begin, end));
  if (prot == kReadWrite) {
    TRY(epc_.accept(begin, pages_in(begin, end)));
    record_added(begin, end, prot);
    return ok();
  }
  // EACCEPT makes pages readable and writable; other rights come with a copy of zeros, without a call to the host.
  zero(scratch_, scratch_ + min_of(kScratchSize, end - begin));
  for (uint64_t at = begin; at < end; at += kScratchSize)
    TRY(add_scratch(at, min_of(end, at + kScratchSize), prot));
  return ok();
}

Result<void> ProgramPages::add_scratch(uint64_t begin, uint64_t end, Prot prot) {
  if (pages_in(begin, end) > room()) return Errno(ENOMEM);
  TRY(states_.reserve(begin, end));
  TRY(epc_.accept_copy(begin, scratch_, pages_in(begin, end), prot));
  record_added(begin, end, prot);
  return ok();
}

Result<void> ProgramPages::take_rights(uint64_t begin, uint64_t end, Prot rights) {
  return for_each_run(begin, end, [&](uint64_t run, uint64_t run_end, Prot prot) -> Result<void> {
    const Prot left = prot & ~rights;
    if (left == prot) return ok();
    TRY(epc_.restrict(run, pages_in(run, run_end), left));
    states_.set(run, run_end, {true, left});
    return ok();
  });
}

Result<void> ProgramPages::add_rights(uint64_t begin, uint64_t end, Prot rights) {
  return for_each_run(begin, end, [&](uint64_t run, uint64_t run_end, Prot prot) -> Result<void> {
    if (has(prot, rights)) return ok();
    TRY(epc_.extend(run, pages_in(run, run_end), prot | rights));
    states_.set(run, run_end, {true, prot | rights});
    return ok();
  });
}

Result<void> ProgramPages::remove(uint64_t begin, uint64_t end) {
  for (uint64_t at = states_.next_accepted(begin, end); at < end; at = states_.next_accepted(at, end)) {
    const uint64_t run_end = states_.next_missing(at, end);
    TRY(epc_.trim(at, pages_in(at, run_end)));
    states_.set(at, run_end, {});
    committed_.fetch_sub(pages_in(at, run_end), std::memory_order_relaxed);
    at = run_end;
  }
  return ok();
}

Result<void> ProgramPages::clear(uint64_t begin, uint64_t end) {
  for (uint64_t at = states_.next_accepted(begin, end); at < end; at = states_.next_accepted(at, end)) {
    const uint64_t run_end = states_.next_missing(at, end);
    const bool writable = has(states_.get(at).prot, Prot::kWrite) && states_.run_end(at, run_end) == run_end;
    if (writable && run_end - at <= kZeroInPlace)
      zero(at, run_end);
    else
      TRY(remove(at, run_end));
    at = run_end;
  }
  return ok();
}

Result<void> ProgramPages::copy_run(uint64_t from, uint64_t to, uint64_t length, Prot prot) {
  // EACCEPTCOPY reads its source with the enclave's own rights.
  if (!has(prot, Prot::kRead)) TRY(add_rights(from, from + length, Prot::kRead));
  TRY(epc_.accept_copy(to, from, length / kPageSize, prot));
  record_added(to, to + length, prot);
  return ok();
}

// Copies first, then removes, so that a failure is undone by removing the copies.
Result<void> ProgramPages::move_piece(uint64_t from, uint64_t to, uint64_t length) {
  auto copied =
      for_each_run(from, from + length, [&](uint64_t run, uint64_t run_end, Prot prot) -> Result<void> {
        const uint64_t target = to + (run - from);
        TRY(states_.reserve(target, target + (run_end - run)));
        return copy_run(run, target, run_end - run, prot);
      });
  if (!copied.ok()) {
    TRY(remove(to, to + length));
    return copied.error();
  }
  // A half removed source could be neither kept nor given up.
  if (!remove(from, from + length).ok()) __builtin_trap();
  return ok();
}

Result<void> ProgramPages::move(uint64_t from, uint64_t to, uint64_t length) {
  for (uint64_t done = 0; done < length; done += kMovePiece) {
    auto moved = move_piece(from + done, to + done, min_of(kMovePiece, length - done));
    if (moved.ok()) continue;
    // What had moved goes back to where memory for it was just freed. If that fails, contents are in two places.
    if (done > 0 && !move(to, from, done).ok()) __builtin_trap();
    return moved.error();
  }
  return ok();
}

}  // namespace scone::mm
