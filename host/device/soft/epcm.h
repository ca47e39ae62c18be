// The Enclave Page Cache Map: what each page of ELRANGE is and who may access it how. It alone decides; host page
// protections follow it (page_table.h).
//
// Source: SDM vol. 3D, "Enclave Page Cache Map (EPCM)".
#pragma once

#include <cstdint>

#include "base/result.h"
#include "host/device/soft/spin_lock.h"
#include "sgx/arch.h"

namespace scone::host::soft {

enum class Access { kRead, kWrite, kExecute };

// One page in one byte: SECINFO's R, W, X, PENDING, MODIFIED, PR in their own places, and the type above them.
struct EpcmEntry {
  uint8_t bits = 0;

  static EpcmEntry make(uint64_t flags, sgx::PageType type);
  bool valid() const { return bits & kTypeMask; }
  sgx::PageType type() const;  // precondition: valid()
  uint64_t flags() const { return bits & kFlagsMask; }
  bool has(uint64_t flag) const { return bits & flag; }
  // A regular page that enclave code can use: neither pending nor modified.
  bool usable() const;
  // Executable pages count as readable: host page tables know no execute-only.
  bool allows(Access access) const;
  friend bool operator==(EpcmEntry, EpcmEntry) = default;

 private:
  static constexpr uint8_t kFlagsMask = 0x3f;
  static constexpr uint8_t kTypeMask = 0xc0;
};

// Entries are read and written under lock(), except where a reader can bear a stale answer.
class Epcm {
 public:
  Epcm() = default;
  Epcm(const Epcm&) = delete;
  Epcm& operator=(const Epcm&) = delete;
  ~Epcm();

  // `pages` invalid entries. ENOMEM.
  Result<void> create(uint64_t pages);
  uint64_t pages() const { return pages_; }
  // Precondition: page < pages().
  EpcmEntry get(uint64_t page) const { return entries_[page]; }
  void set(uint64_t page, EpcmEntry entry) { entries_[page] = entry; }
  SpinLock& lock() { return lock_; }

 private:
  EpcmEntry* entries_ = nullptr;  // zero pages that appear when they are touched
  uint64_t pages_ = 0;
  SpinLock lock_;
};

}  // namespace scone::host::soft
