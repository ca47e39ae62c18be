// EACCEPT, EMODPE and EACCEPTCOPY: the enclave's half of dynamic memory management.
#pragma once

#include <cstdint>
#include <optional>

#include "host/device/soft/enclave.h"

namespace scone::host::soft {

// `rounds` as for execute_leaf(). A round that fails ends the run; its page is the one RCX names.
std::optional<Fault> eaccept(SoftEnclave& enclave, sgx::GprSgx& registers, uint64_t rounds);
std::optional<Fault> emodpe(SoftEnclave& enclave, sgx::GprSgx& registers, uint64_t rounds);
std::optional<Fault> eacceptcopy(SoftEnclave& enclave, sgx::GprSgx& registers, uint64_t rounds);

// What the driver does when a page is touched that the enclave does not have: EAUG, a pending page, readable and
// writable. False if the address can never be backed or the enclave is not initialized. Caller holds epcm.lock().
bool augment(SoftEnclave& enclave, uint64_t page);

}  // namespace scone::host::soft
