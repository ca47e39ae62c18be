#include "host/device/soft/page_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "abi/layout.h"

namespace scone::host::soft {
namespace {

// A fill repairs the whole run of equal pages around the miss, this far in either direction.
constexpr uint64_t kFillReach = 1024;

int protection_of(EpcmEntry entry) {
  if (!entry.usable()) return PROT_NONE;
  int protection = PROT_NONE;
  if (entry.has(sgx::kSecInfoR)) protection |= PROT_READ;
  if (entry.has(sgx::kSecInfoW)) protection |= PROT_READ | PROT_WRITE;
  if (entry.has(sgx::kSecInfoX)) protection |= PROT_READ | PROT_EXEC;
  return protection;
}

// A cache that cannot be told of a reduction would lie.
[[noreturn]] void refuse_to_go_on() {
  static constexpr char kMessage[] =
      "scone: the kernel refuses to change page protections (too many mappings; see vm.max_map_count)\n";
  fputs(kMessage, stderr);
  abort();
}

}  // namespace

PageTable::~PageTable() {
  if (mapped_end_) munmap(reinterpret_cast<void*>(mapped_begin_), mapped_end_ - mapped_begin_);
}

Result<void> PageTable::reserve(uint64_t base, uint64_t size) {
  // The kernel maps nothing below mmap_min_addr, and null pointers must fault.
  uint64_t begin = std::max(base, abi::kProgramBegin);
  void* memory = mmap(reinterpret_cast<void*>(begin), base + size - begin, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (memory == MAP_FAILED) return Errno(errno);
  base_ = base;
  mapped_begin_ = begin;
  mapped_end_ = base + size;
  return ok();
}

void* PageTable::address_of(uint64_t page) const {
  return reinterpret_cast<void*>(base_ + page * sgx::kPageSize);
}

void PageTable::protect(uint64_t page, uint64_t count, int protection) {
  if (mprotect(address_of(page), count * sgx::kPageSize, protection) == 0) return;
  refuse_to_go_on();
}

void PageTable::sync(uint64_t page, uint64_t count) {
  for (uint64_t end = page + count; page < end;) {
    int protection = protection_of(epcm_.get(page));
    uint64_t next = page + 1;
    while (next < end && protection_of(epcm_.get(next)) == protection) ++next;
    protect(page, next - page, protection);
    page = next;
  }
}

void PageTable::replace(uint64_t page, uint64_t count, PageCopy& copy) {
  const size_t size = count * sgx::kPageSize;
  if (mprotect(copy.page(0), size, protection_of(epcm_.get(page))) == 0 &&
      mremap(copy.page(0), size, size, MREMAP_MAYMOVE | MREMAP_FIXED, address_of(page)) != MAP_FAILED)
    return copy.taken(count);
  refuse_to_go_on();
}

void PageTable::discard(uint64_t page, uint64_t count) {
  madvise(address_of(page), count * sgx::kPageSize, MADV_DONTNEED);
}

bool PageTable::fill(uint64_t address, Access access) {
  std::lock_guard guard(epcm_.lock());
  uint64_t page = (address - base_) / sgx::kPageSize;
  EpcmEntry entry = epcm_.get(page);
  if (!entry.allows(access)) return false;
  uint64_t first = page, last = page;
  while (first > 0 && page - first < kFillReach && epcm_.get(first - 1) == entry) --first;
  while (last + 1 < epcm_.pages() && last - page < kFillReach && epcm_.get(last + 1) == entry) ++last;
  protect(first, last - first + 1, protection_of(entry));
  return true;
}

}  // namespace scone::host::soft
