// All rewritten sites of a process: which trampoline belongs to which program address, and back.
//
// The program must never see a trampoline: a signal frame, a backtrace, an unwinder names the original instruction
// (original_address). And whoever continues at an original address inside a window, because a frame, a jump table or a
// return address says so, must be led into the trampoline (resume_address).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/array.h"
#include "base/result.h"
#include "enclave/rewrite/trampoline.h"

namespace scone::rewrite {

// One rewritten system call. Program addresses [window, window + window_size) are covered by the jump and its fill.
struct Site {
  uint64_t window = 0;
  uint64_t trampoline = 0;
  uint8_t window_size = 0;
  uint8_t trampoline_size = 0;
  uint8_t syscall = 0;  // window + syscall: address of the original instruction
  uint8_t entry = 0;    // trampoline + entry: where the call can be started (again)
  uint8_t step_count = 0;
  bool vector = false;  // vector registers may be in use
  Step steps[kMaxSteps];

  uint64_t syscall_address() const { return window + syscall; }
  uint64_t entry_address() const { return trampoline + entry; }
  // What the runtime's entry finds in rcx.
  uint64_t after_address() const { return entry_address() + kEntrySize; }
};

// Lookups take O(log n), allocate nothing, take no lock and may run anywhere, exception handlers included, while
// another thread changes the table. Changes must be serialised by the caller.
class SiteTable {
 public:
  SiteTable() = default;
  ~SiteTable();
  SiteTable(const SiteTable&) = delete;
  SiteTable& operator=(const SiteTable&) = delete;

  // Adds sites, ascending by window. Precondition: they overlap no site that is in the table.
  // Error: ENOMEM; nothing is added then.
  Result<void> add(std::span<const Site> sites);
  // Forgets every site with a byte of its window in [begin, end). The memory is reused by a later add().
  void remove(uint64_t begin, uint64_t end);

  // The program's address for an instruction in a trampoline: up to `after` that is an instruction of the window not
  // yet executed (so for both instructions of `entry` the syscall itself), `after` is the one behind the syscall. Any
  // other address: itself.
  uint64_t original_address(uint64_t rip) const;
  // Where to continue for a program that wants to continue at `address`: inside a window, on the boundary of an
  // original instruction, that is in the trampoline. Any other address: itself.
  uint64_t resume_address(uint64_t address) const;
  // `entry` for an `after` (SA_RESTART). Nothing, if the address is no `after`.
  std::optional<uint64_t> restart_address(uint64_t after) const;
  // The site whose window or trampoline holds the address.
  std::optional<Site> site_of(uint64_t address) const;
  // True if no site has been added and not removed since.
  bool empty() const;

 private:
  struct Snapshot;
  class Reader;

  const Site* by_window(const Snapshot& snapshot, uint64_t address) const;
  const Site* by_trampoline(const Snapshot& snapshot, uint64_t address) const;
  void publish(Snapshot* snapshot);

  std::atomic<Snapshot*> current_{nullptr};
  mutable std::atomic<uint64_t> readers_{0};
  Snapshot* retired_ = nullptr;
};

}  // namespace scone::rewrite
