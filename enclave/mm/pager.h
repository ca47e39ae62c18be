// Demand paging: brings pages of a mapping in when they are touched, and modified file pages back out.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/mm/backing.h"
#include "enclave/mm/fault.h"
#include "enclave/mm/program_pages.h"
#include "enclave/mm/vma.h"

namespace scone::mm {

// Used with the address space's lock held. May block on file reads and writes.
//
// A fault brings in a window of pages around the address. Windows start at kFirstWindow pages and double while faults follow each
// other directly, up or down: a fault costs thousands of cycles, a page that is accepted but never touched little. As the heap
// limit comes near they shrink to single pages, so that it is reached by what the program uses.
//
// Pages of shared file mappings become writable at the first store only, so that PageStates' right to write says which pages
// may be modified.
class Pager {
 public:
  static constexpr uint16_t kFirstWindow = 16;     // pages
  static constexpr uint16_t kLargestWindow = 512;  // anonymous memory
  static constexpr uint16_t kLargestDirtyWindow =
      64;  // stores to shared file pages; the first window is one page

  explicit Pager(ProgramPages& pages) : pages_(pages) {}

  // Makes the access to the page possible, or says why not. Precondition: the page lies in the mapping.
  FaultOutcome bring_in(Vma& vma, uint64_t page, Access access);
  // The same for all pages of a part of the mapping; stops at the first that fails.
  FaultOutcome bring_in_all(Vma& vma, uint64_t begin, uint64_t end, Access access);
  // Loads all of an executable private file mapping that has no pages yet, lets `hook` see it and sets its rights.
  Result<void> load_code(Vma& vma, ExecHook& hook);

  // Writes modified pages of a shared file mapping to the file, up to its end. No effect on other mappings.
  Result<void> write_back(Vma& vma, uint64_t begin, uint64_t end);
  // The same, and later stores are noticed again.
  Result<void> clean(Vma& vma, uint64_t begin, uint64_t end);

 private:
  struct Window {
    uint64_t begin;
    uint64_t end;
  };
  Window missing_window(Vma& vma, uint64_t page, uint16_t largest);
  FaultOutcome add_anonymous(Vma& vma, uint64_t page);
  FaultOutcome add_from_file(Vma& vma, uint64_t page);
  FaultOutcome grant(Vma& vma, uint64_t page, Access access);
  Result<void> grant_store(Vma& vma, uint64_t page);
  Result<void> write_run(Vma& vma, uint64_t begin, uint64_t end, uint64_t file_size);

  ProgramPages& pages_;
};

// True if a mapping with `prot` allows the access (on x86 whatever can be written or executed can be read).
bool allows(Prot prot, Access access);

}  // namespace scone::mm
