// Page operations by ENCLU and by requests to the host.
#pragma once

#include "enclave/mm/epc.h"

namespace scone::boundary {

// Stateless. A host that refuses what every SGX driver grants, or whose answer the processor does not confirm, is stopped.
class EnclavePages final : public mm::Epc {
 public:
  Result<void> accept(uint64_t address, uint64_t pages) override;
  Result<void> accept_copy(uint64_t address, uint64_t source, uint64_t pages, mm::Prot prot) override;
  Result<void> extend(uint64_t address, uint64_t pages, mm::Prot prot) override;
  Result<void> restrict(uint64_t address, uint64_t pages, mm::Prot prot) override;
  Result<void> trim(uint64_t address, uint64_t pages) override;
};

}  // namespace scone::boundary
