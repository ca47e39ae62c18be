#include "host/device/soft/page_leaves.h"

#include <sys/mman.h>

#include <algorithm>
#include <mutex>

#include "abi/layout.h"
#include "host/device/soft/enclave_memory.h"
#include "host/device/soft/page_copy.h"
#include "host/device/soft/identity_leaves.h"
#include "host/device/soft/tcs_table.h"

namespace scone::host::soft {
namespace {

constexpr uint64_t kStateFlags = sgx::kSecInfoPending | sgx::kSecInfoModified | sgx::kSecInfoPr;
constexpr uint64_t kTypeBits = uint64_t{0xff} << sgx::kSecInfoTypeShift;

// The SECINFO operand in RBX. #GP unless reserved bits are zero and W implies R.
std::optional<Fault> read_sec_info(const SoftEnclave& enclave, uint64_t address, sgx::SecInfo& info) {
  if (auto fault = check_operand(enclave, address, alignof(sgx::SecInfo))) return fault;
  if (auto fault = read_operand(enclave, address, info)) return fault;
  bool reserved_zero = std::ranges::all_of(info.reserved, [](uint64_t word) { return word == 0; });
  if (!reserved_zero || (info.flags & ~(sgx::kSecInfoRwx | kStateFlags | kTypeBits)))
    return kGeneralProtection;
  if ((info.flags & sgx::kSecInfoW) && !(info.flags & sgx::kSecInfoR)) return kGeneralProtection;
  return std::nullopt;
}

// The combinations of type and state that EACCEPT knows.
bool acceptable(const sgx::SecInfo& info) {
  uint64_t state = info.flags & kStateFlags;
  switch (info.page_type()) {
    case sgx::kPtReg:
      return (state & (sgx::kSecInfoPending | sgx::kSecInfoPr)) && !(state & sgx::kSecInfoModified);
    case sgx::kPtTcs:
    case sgx::kPtTrim:
      return state == sgx::kSecInfoModified;
    default:
      return false;
  }
}

EpcmEntry with_flags(EpcmEntry entry, uint64_t flags) { return EpcmEntry::make(flags, entry.type()); }

// The pages RCX, RCX + 4096, … that a run may cover.
struct Run {
  uint64_t first;
  uint64_t count;
};

Run run_of(const SoftEnclave& enclave, uint64_t address, uint64_t rounds) {
  uint64_t first = enclave.page_of(address);
  return {first, std::clamp<uint64_t>(rounds, 1, enclave.epcm.pages() - first)};
}

// Leaves the registers as the loop has them before the last of `done` rounds.
void advance(sgx::GprSgx& registers, uint64_t done) {
  if (done < 2) return;
  registers.rcx += (done - 1) * sgx::kPageSize;
  registers.rdx += (done - 1) * sgx::kPageSize;
  registers.r8 -= done - 1;
}

// EACCEPT of a page that was made a TCS by EMODT: reads what the enclave wrote to it before. #GP or #PF if it is no good.
// Caller holds the lock.
std::optional<Fault> accept_tcs(SoftEnclave& enclave, uint64_t page) {
  uint64_t address = enclave.secs.base + page * sgx::kPageSize;
  sgx::Tcs content;
  enclave.pages.protect(page, 1, PROT_READ);
  uint32_t refused = soft_copy(&content, reinterpret_cast<void*>(address), sizeof content);
  enclave.pages.protect(page, 1, PROT_NONE);
  if (refused) return page_fault(address);
  if (!tcs_is_well_formed(enclave, content) || !add_tcs(enclave, address, content)) return kGeneralProtection;
  return std::nullopt;
}

// One EACCEPT. Fault, or the error code in `error`; the host's protections are the caller's to sync.
std::optional<Fault> accept_page(SoftEnclave& enclave, const sgx::SecInfo& info, uint64_t page,
                                 sgx::Error& error) {
  EpcmEntry entry = enclave.epcm.get(page);
  if (!entry.valid()) {
    if (!augment(enclave, page)) return page_fault(enclave.secs.base + page * sgx::kPageSize, sgx::kPfWrite);
    entry = enclave.epcm.get(page);
  }
  bool matches =
      entry.type() == info.page_type() && entry.flags() == (info.flags & (sgx::kSecInfoRwx | kStateFlags));
  error = matches ? sgx::kSuccess : sgx::kPageAttributesMismatch;
  if (!matches) return std::nullopt;
  if (entry.type() == sgx::kPtTcs)
    if (auto fault = accept_tcs(enclave, page)) return fault;
  enclave.epcm.set(page, with_flags(entry, entry.flags() & sgx::kSecInfoRwx));
  return std::nullopt;
}

// EACCEPTCOPY's targets: how many pages from the run's first on are pending, readable and writable. Lock held.
uint64_t count_targets(SoftEnclave& enclave, Run run) {
  constexpr uint64_t kPendingRw = sgx::kSecInfoR | sgx::kSecInfoW | sgx::kSecInfoPending;
  uint64_t count = 0;
  for (; count < run.count; ++count) {
    const uint64_t page = run.first + count;
    if (!enclave.epcm.get(page).valid() && !augment(enclave, page)) break;
    const EpcmEntry entry = enclave.epcm.get(page);
    if (entry.type() != sgx::kPtReg || entry.flags() != kPendingRw) break;
  }
  return count;
}

// EACCEPTCOPY's sources: how many of `count` pages from `source` on were copied to `copy`.
uint64_t copy_sources(const SoftEnclave& enclave, PageCopy& copy, uint64_t source, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t from = source + i * sgx::kPageSize;
    if (!enclave.entry_of(from).allows(Access::kRead) ||
        soft_copy(copy.page(i), reinterpret_cast<void*>(from), sgx::kPageSize) != 0)
      return i;
  }
  return count;
}

}  // namespace

bool augment(SoftEnclave& enclave, uint64_t page) {
  uint64_t address = enclave.secs.base + page * sgx::kPageSize;
  if (!enclave.initialized || address < abi::kProgramBegin || enclave.in_gate(address)) return false;
  enclave.epcm.set(page,
                   EpcmEntry::make(sgx::kSecInfoR | sgx::kSecInfoW | sgx::kSecInfoPending, sgx::kPtReg));
  return true;
}

std::optional<Fault> eaccept(SoftEnclave& enclave, sgx::GprSgx& r, uint64_t rounds) {
  sgx::SecInfo info;
  if (auto fault = check_operand(enclave, r.rcx, sgx::kPageSize)) return fault;
  if (auto fault = read_sec_info(enclave, r.rbx, info)) return fault;
  if (!acceptable(info)) return kGeneralProtection;
  Run run = run_of(enclave, r.rcx, rounds);
  sgx::Error error = sgx::kSuccess;
  uint64_t done = 0;
  {
    std::lock_guard guard(enclave.epcm.lock());
    while (done < run.count && error == sgx::kSuccess) {
      if (auto fault = accept_page(enclave, info, run.first + done, error)) {
        if (done == 0) return fault;
        break;  // the faulting page gets its own round, and faults there
      }
      ++done;
    }
    enclave.pages.sync(run.first, done);
  }
  advance(r, done);
  set_leaf_result(r, error);
  return std::nullopt;
}

std::optional<Fault> emodpe(SoftEnclave& enclave, sgx::GprSgx& r, uint64_t rounds) {
  sgx::SecInfo info;
  if (auto fault = check_operand(enclave, r.rcx, sgx::kPageSize)) return fault;
  if (auto fault = read_sec_info(enclave, r.rbx, info)) return fault;
  Run run = run_of(enclave, r.rcx, rounds);
  uint64_t done = 0;
  std::lock_guard guard(enclave.epcm.lock());
  for (; done < run.count; ++done) {
    EpcmEntry entry = enclave.epcm.get(run.first + done);
    if (!entry.usable()) break;
    enclave.epcm.set(run.first + done, with_flags(entry, entry.flags() | (info.flags & sgx::kSecInfoRwx)));
  }
  if (done == 0) return page_fault(r.rcx, sgx::kPfWrite);
  enclave.pages.sync(run.first, done);
  advance(r, done);
  return std::nullopt;
}

std::optional<Fault> eacceptcopy(SoftEnclave& enclave, sgx::GprSgx& r, uint64_t rounds) {
  sgx::SecInfo info;
  if (auto fault = check_operand(enclave, r.rcx, sgx::kPageSize)) return fault;
  if (auto fault = check_operand(enclave, r.rdx, sgx::kPageSize)) return fault;
  if (auto fault = read_sec_info(enclave, r.rbx, info)) return fault;
  if (info.page_type() != sgx::kPtReg || (info.flags & kStateFlags)) return kGeneralProtection;
  if (!enclave.entry_of(r.rdx).allows(Access::kRead)) return page_fault(r.rdx);
  Run run = run_of(enclave, r.rcx, rounds);
  run.count = std::min(run.count, enclave.epcm.pages() - enclave.page_of(r.rdx));
  if (!enclave.epcm.get(run.first).valid() && r.rcx < abi::kProgramBegin)
    return page_fault(r.rcx, sgx::kPfWrite);
  // Outside the lock, since reading the source may miss in the page table.
  PageCopy copy(run.count);
  const uint64_t copied = copy_sources(enclave, copy, r.rdx, run.count);
  if (copied == 0) return page_fault(r.rdx);
  run.count = copied;
  std::lock_guard guard(enclave.epcm.lock());
  const uint64_t placed = count_targets(enclave, run);
  if (placed == 0) {
    set_leaf_result(r, sgx::kPageAttributesMismatch);
    return std::nullopt;
  }
  const EpcmEntry entry = EpcmEntry::make(info.flags & sgx::kSecInfoRwx, sgx::kPtReg);
  for (uint64_t i = 0; i < placed; ++i) enclave.epcm.set(run.first + i, entry);
  enclave.pages.replace(run.first, placed, copy);
  advance(r, placed);
  set_leaf_result(r, sgx::kSuccess);
  return std::nullopt;
}

}  // namespace scone::host::soft
