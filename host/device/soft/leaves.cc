#include "host/device/soft/leaves.h"

#include "host/device/soft/identity_leaves.h"
#include "host/device/soft/page_leaves.h"

namespace scone::host::soft {

std::optional<Fault> execute_leaf(SoftEnclave& enclave, sgx::GprSgx& registers, uint64_t rounds) {
  switch (static_cast<uint32_t>(registers.rax)) {
    case sgx::kEreport:
      return ereport(enclave, registers);
    case sgx::kEgetkey:
      return egetkey(enclave, registers);
    case sgx::kEaccept:
      return eaccept(enclave, registers, rounds);
    case sgx::kEmodpe:
      return emodpe(enclave, registers, rounds);
    case sgx::kEacceptcopy:
      return eacceptcopy(enclave, registers, rounds);
    default:
      return Fault{sgx::kVectorGp};
  }
}

}  // namespace scone::host::soft
