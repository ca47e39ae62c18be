// Operations on enclave pages (SGX2 dynamic memory). The memory manager's only way to the processor and the host.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/mm/prot.h"

namespace scone::mm {

// Addresses are page-aligned enclave addresses, lengths are in pages. The caller knows every page's state (PageStates) and
// calls an operation only on pages for which it is legal. On failure a range is as it was before:
// what cannot be undone is the implementation's to stop the enclave for.
class Epc {
 public:
  // A missing page becomes usable: readable, writable, zero (EAUG by the host, EACCEPT).
  virtual Result<void> accept(uint64_t address, uint64_t pages) = 0;
  // A missing page becomes usable with the contents of the page at `source` and with exactly `prot` (EACCEPTCOPY): no other
  // thread ever sees it half filled. The source pages are accepted and readable.
  virtual Result<void> accept_copy(uint64_t address, uint64_t source, uint64_t pages, Prot prot) = 0;
  // Adds rights to accepted pages (EMODPE). No host call.
  virtual Result<void> extend(uint64_t address, uint64_t pages, Prot prot) = 0;
  // Takes rights away until exactly `prot` is left, a subset of what the pages have (EMODPR by the host, EACCEPT).
  virtual Result<void> restrict(uint64_t address, uint64_t pages, Prot prot) = 0;
  // Accepted pages become missing; contents are gone (EMODT by the host, EACCEPT, EREMOVE by the host).
  virtual Result<void> trim(uint64_t address, uint64_t pages) = 0;

 protected:
  ~Epc() = default;
};

}  // namespace scone::mm
