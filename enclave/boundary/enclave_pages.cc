#include "enclave/boundary/enclave_pages.h"

#include <linux/errno.h>

#include "abi/border.h"
#include "abi/layout.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "sgx/arch.h"

extern "C" uint64_t enclu_pages(uint64_t leaf, const scone::sgx::SecInfo* info, uint64_t page, uint64_t source,
                                uint64_t count);

namespace scone::boundary {
namespace {

uint64_t rights(mm::Prot prot) { return static_cast<uint64_t>(prot); }

// The processor refused an EACCEPT: the page is not in the state that the host was asked for.
void must_succeed(uint64_t error) {
  if (error) host_violation("a page is not in the state that was asked for");
}

// ELRANGE starts at 0, so addresses are offsets.
void must_grant(abi::RunnerCall call, uint64_t address, uint64_t pages, uint64_t argument) {
  if (runner_call(call, address, pages * abi::kPageSize, argument) != 0) host_violation("a page operation was refused");
}

}  // namespace

Result<void> EnclavePages::accept(uint64_t address, uint64_t pages) {
  const auto info = sgx::make_sec_info(sgx::kSecInfoR | sgx::kSecInfoW | sgx::kSecInfoPending, sgx::kPtReg);
  must_succeed(enclu_pages(sgx::kEaccept, &info, address, 0, pages));
  return ok();
}

Result<void> EnclavePages::accept_copy(uint64_t address, uint64_t source, uint64_t pages, mm::Prot prot) {
  const auto info = sgx::make_sec_info(rights(prot), sgx::kPtReg);
  must_succeed(enclu_pages(sgx::kEacceptcopy, &info, address, source, pages));
  return ok();
}

Result<void> EnclavePages::extend(uint64_t address, uint64_t pages, mm::Prot prot) {
  const auto info = sgx::make_sec_info(rights(prot), sgx::kPtReg);
  enclu_pages(sgx::kEmodpe, &info, address, 0, pages);
  return ok();
}

Result<void> EnclavePages::restrict(uint64_t address, uint64_t pages, mm::Prot prot) {
  must_grant(abi::RunnerCall::kRestrictPages, address, pages, rights(prot));
  const auto info = sgx::make_sec_info(rights(prot) | sgx::kSecInfoPr, sgx::kPtReg);
  must_succeed(enclu_pages(sgx::kEaccept, &info, address, 0, pages));
  return ok();
}

Result<void> EnclavePages::trim(uint64_t address, uint64_t pages) {
  must_grant(abi::RunnerCall::kTrimPages, address, pages, 0);
  const auto info = sgx::make_sec_info(sgx::kSecInfoModified, sgx::kPtTrim);
  must_succeed(enclu_pages(sgx::kEaccept, &info, address, 0, pages));
  must_grant(abi::RunnerCall::kRemovePages, address, pages, 0);
  return ok();
}

}  // namespace scone::boundary
