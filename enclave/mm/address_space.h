// The program's memory: mmap(2) and its relatives, served inside the enclave.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/mm/backing.h"
#include "enclave/mm/epc.h"
#include "enclave/mm/fault.h"
#include "enclave/mm/mapping_lock.h"
#include "enclave/mm/pager.h"
#include "enclave/mm/program_pages.h"
#include "enclave/mm/prot.h"
#include "enclave/mm/vma_map.h"

namespace scone::mm {

// Arguments of mmap(2).
struct MapRequest {
  uint64_t address = 0;
  uint64_t length = 0;
  int prot = 0;                    // PROT_*
  int flags = 0;                   // MAP_*
  Ref<Backing> backing = {};       // the file; none with MAP_ANONYMOUS
  uint64_t offset = 0;             // in the file, bytes
  bool may_write = true;           // the file was opened for writing
  VmaKind kind = VmaKind::kPlain;  // the loader's name for it
};

// A line of /proc/self/maps. The name is valid during the callback only.
struct VmaInfo {
  uint64_t begin, end;
  Prot prot;
  bool shared;
  uint64_t offset, device, inode;
  std::string_view name;
};

// One program's address space. Thread safe: one sleeping lock, taken by each public function, which must therefore be called
// without spin locks, never from a Backing or ExecHook (exceptions are stated), and never while
// the caller holds the lock. No function touches program memory that may fault.
//
// Semantics and errors are those of the man pages (section 2) on Linux/x86-64. Differences:
//  * Two mappings of one file do not see each other's stores, nor the file's write(2)s after a page was read; shared
//    pages reach the file at msync, munmap, mprotect to read-only, MADV_DONTNEED and sync_all().
//  * There are no huge pages: MAP_HUGETLB fails with ENOMEM as on a machine that reserved none.
//  * A private writable mapping larger than the heap limit fails with ENOMEM (heuristic overcommit).
class AddressSpace {
 public:
  struct Options {
    uint64_t begin;  // of the program range; page-aligned
    uint64_t end;
    uint64_t heap_limit;  // bytes that may be accepted at the same time
    uint64_t stack_area;  // bytes at the top of the range that mmap leaves to the initial stack
    uint64_t scratch;     // kScratchPages pages of committed runtime memory, this object's alone
  };
  // Epc, lock and hook outlive the object.
  AddressSpace(Epc& epc, Lock& lock, const Options& options);
  ~AddressSpace();
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

  // From now on executable private file mappings are shown to `hook`. nullptr: none.
  void set_exec_hook(ExecHook* hook);

  Result<uint64_t> mmap(MapRequest request);
  Result<void> munmap(uint64_t address, uint64_t length);
  Result<void> mprotect(uint64_t address, uint64_t length, int prot);
  Result<uint64_t> mremap(uint64_t address, uint64_t old_length, uint64_t new_length, int flags,
                          uint64_t new_address);
  Result<void> madvise(uint64_t address, uint64_t length, int advice);
  Result<void> msync(uint64_t address, uint64_t length, int flags);
  // One byte per page of [address, address + length), bit 0: it is there. `resident` is runtime memory; callers copy it out
  // afterwards. Precondition: resident has room for the pages.
  Result<void> mincore(uint64_t address, uint64_t length, std::span<uint8_t> resident);

  // Where the program's data ends; the loader calls it once per program. Any address.
  void set_brk_base(uint64_t address);
  // brk(2) as the kernel has it: returns the break, moved if that was possible.
  uint64_t brk(uint64_t address);

  // Resolves a page fault, or says which signal it is. May block on file reads.
  FaultOutcome fault(uint64_t address, Access access);
  // Brings in [address, address + length) for a copy to or from it. EFAULT when a byte of it is not accessible, ENOMEM.
  Result<void> prefault(uint64_t address, uint64_t length, Access access);
  // For a copy from program memory that is not there yet: copies from the file behind it, if that has the bytes at hand. Returns how many of
  // [address, address + length) were copied, 0: the page must be brought in.
  size_t peek(uint64_t address, void* to, size_t length);
  // True if all of it can be accessed now without a fault. Takes no lock: another thread may unmap it at any time.
  bool present(uint64_t address, uint64_t length, Access access) const;

  // Writes all modified shared file pages to their files: at process exit. The first error, after trying all.
  Result<void> sync_all();

  // Calls visit(const VmaInfo&) for each mapping in ascending order, with the lock held.
  template <typename Visit>
  void for_each_vma(Visit visit) {
    LockGuard guard(lock_);
    for (Vma* vma = map_.find(0); vma; vma = map_.find(vma->end)) visit(describe(*vma));
  }

  // For ExecHook::prepare() only, as the lock is held there. Reserves pages, readable and executable, within 1 GiB of
  // `near` (rel32 reaches them), named [scone] in maps. ENOMEM.
  Result<uint64_t> reserve_code(uint64_t near, uint64_t length);
  // Makes `code` the contents of the reserved pages from `address` on (page-aligned, not written before). ENOMEM.
  Result<void> write_code(uint64_t address, std::span<const uint8_t> code);

  // Statistics; any thread.
  uint64_t faults() const { return faults_.load(std::memory_order_relaxed); }
  uint64_t committed_pages() const { return pages_.committed(); }
  uint64_t heap_limit_pages() const { return pages_.limit(); }

 private:
  bool in_range(uint64_t address, uint64_t length) const;
  static VmaInfo describe(const Vma& vma);

  // The rest: lock held.
  Result<uint64_t> place(const MapRequest& request, uint64_t length) const;
  Result<uint64_t> place_fixed(const MapRequest& request, uint64_t length) const;
  bool overcommits(uint64_t length, Prot prot, uint8_t flags) const;
  Result<void> map_at(uint64_t address, uint64_t length, MapRequest& request);
  Result<void> prepare_code(Vma& vma);
  Result<void> unmap(uint64_t begin, uint64_t end);
  Result<void> protect(uint64_t begin, uint64_t end, Prot prot);
  Result<void> protect_part(Vma& vma, uint64_t begin, uint64_t end, Prot prot);
  struct Move;
  Result<uint64_t> remap(Move move);
  Result<uint64_t> remap_in_place(const Move& move);
  Result<uint64_t> remap_elsewhere(Move& move);
  Result<uint64_t> duplicate(const Move& move);
  Result<void> move_mapping(const Move& move);

  Result<void> advise(Vma& vma, uint64_t begin, uint64_t end, int advice);
  Result<void> discard(Vma& vma, uint64_t begin, uint64_t end);
  Result<void> populate(uint64_t begin, uint64_t end, Access access);
  Result<void> punch(Vma& vma, uint64_t begin, uint64_t end);
  Result<void> set_flag(Vma& vma, uint64_t begin, uint64_t end, VmaFlags flag, bool value);
  bool move_brk(uint64_t address);
  FaultOutcome resolve(uint64_t address, Access access);

  Lock& lock_;
  const Options options_;
  VmaMap map_;
  ProgramPages pages_;
  Pager pager_;
  ExecHook* exec_hook_ = nullptr;
  uint64_t brk_base_ = 0;
  uint64_t brk_ = 0;
  std::atomic<uint64_t> faults_{0};
};

}  // namespace scone::mm
