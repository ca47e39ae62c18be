// The enclave's own record of its program pages: which it has accepted, with which rights.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"
#include "enclave/mm/bounds.h"
#include "enclave/mm/prot.h"

namespace scone::mm {

struct PageState {
  bool accepted = false;
  Prot prot = Prot::kNone;  // as in the EPCM; kNone unless accepted
  friend bool operator==(PageState, PageState) = default;
};

// Shadow of the EPCM, authoritative: nothing that the host says is needed to know a page's state. Sparse: 1 GiB directories of
// 2 MiB leaves, a byte a page, allocated when first needed and kept (1 byte per 4 KiB ever used). Writers hold the address
// space's lock; readers need none.
class PageStates {
 public:
  static constexpr uint64_t kMaxRange = uint64_t{1} << 40;

  // Page-aligned range. Precondition: smaller than kMaxRange - 1 GiB.
  PageStates(uint64_t begin, uint64_t end);
  ~PageStates();
  PageStates(const PageStates&) = delete;
  PageStates& operator=(const PageStates&) = delete;

  // Of the page at `address`; addresses outside the range are not accepted.
  PageState get(uint64_t address) const;
  // Makes set() of these pages possible. ENOMEM: nothing but spare tables changed.
  Result<void> reserve(uint64_t begin, uint64_t end);
  // Precondition: pages of the range, reserved.
  void set(uint64_t begin, uint64_t end, PageState state);

  // In [begin, end), page-aligned: the first accepted page, or end.
  uint64_t next_accepted(uint64_t begin, uint64_t end) const;
  // The first page that is not accepted, or end.
  uint64_t next_missing(uint64_t begin, uint64_t end) const;
  // The first page whose state differs from that of the page at `begin`, or end.
  uint64_t run_end(uint64_t begin, uint64_t end) const;

 private:
  static constexpr uint64_t kLeafSpan = uint64_t{2} << 20;
  static constexpr uint64_t kDirectorySpan = uint64_t{1} << 30;
  struct Leaf {
    std::atomic<uint8_t> pages[kLeafSpan / kPageSize];
  };
  struct Directory {
    std::atomic<Leaf*> leaves[kDirectorySpan / kLeafSpan];
  };

  const Directory* directory(uint64_t address) const;
  const Leaf* leaf(uint64_t address) const;
  Leaf* leaf(uint64_t address) {
    return const_cast<Leaf*>(static_cast<const PageStates*>(this)->leaf(address));
  }
  Result<void> reserve_leaf(uint64_t address);
  // Where the next address with a table starts, from an address that has none.
  uint64_t skip_hole(uint64_t address) const;

  const uint64_t begin_;
  const uint64_t end_;
  const uint64_t first_;  // begin_, rounded down to a directory
  std::atomic<Directory*> directories_[kMaxRange / kDirectorySpan] = {};
};

}  // namespace scone::mm
