// Host page protections as a cache of the EPCM, the way a TLB caches page tables.
//
// Leaves and ioctls that change the EPCM call sync() for the same pages; reductions take effect for all threads before it
// returns (mprotect shoots other processors' TLBs down). An access that the host's protections deny although the EPCM allows it is a
// miss: fill() repairs it, and the enclave never notices.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "host/device/soft/epcm.h"
#include "host/device/soft/page_copy.h"

namespace scone::host::soft {

class PageTable {
 public:
  explicit PageTable(Epcm& epcm) : epcm_(epcm) {}
  PageTable(const PageTable&) = delete;
  PageTable& operator=(const PageTable&) = delete;
  ~PageTable();

  // Reserves [max(base, 64 KiB), base + size) of the address space without access. EEXIST if something is mapped there,
  // else mmap's errors.
  Result<void> reserve(uint64_t base, uint64_t size);

  // Gives `count` pages from `page` on the protections that the EPCM has for them. Caller holds epcm.lock().
  void sync(uint64_t page, uint64_t count);
  // Gives these pages one protection, whatever the EPCM says (copying in, taking everything away). Caller holds the lock.
  void protect(uint64_t page, uint64_t count, int protection);
  // Makes the first `count` pages of `copy` the contents of these pages, with the protections that the EPCM has for them: other threads
  // see nothing of it or all of it. Caller holds the lock.
  void replace(uint64_t page, uint64_t count, PageCopy& copy);
  // Throws the content of these pages away; they read as zero when they come back.
  void discard(uint64_t page, uint64_t count);
  // Handles a miss: false if the EPCM forbids the access. Takes the lock.
  bool fill(uint64_t address, Access access);

 private:
  void* address_of(uint64_t page) const;
  Epcm& epcm_;
  uint64_t base_ = 0;
  uint64_t mapped_begin_ = 0;
  uint64_t mapped_end_ = 0;
};

}  // namespace scone::host::soft
