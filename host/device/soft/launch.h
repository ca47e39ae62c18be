// ECREATE, EADD with EEXTEND, and EINIT, with the driver's checks and error numbers.
//
// Sources: SDM vol. 3D, operation sections; Linux, arch/x86/kernel/cpu/sgx/ioctl.c for errno values.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "host/device/soft/enclave.h"

namespace scone::host::soft {

// EINVAL: the SECS breaks a rule. EEXIST: something is mapped in ELRANGE. enclave.error says which or what.
Result<void> ecreate(SoftEnclave& enclave, const sgx::Secs& secs);

// EINVAL: after EINIT, outside ELRANGE, not whole pages, or a bad SECINFO or TCS. EBUSY: a page exists already.
Result<void> eadd(SoftEnclave& enclave, uint64_t offset, std::span<const uint8_t> source,
                  const sgx::SecInfo& info, bool measure);

// EINVAL: no enclave, or already initialized, or not a SIGSTRUCT. EPERM: the signature is not of this enclave.
Result<void> einit(SoftEnclave& enclave, const sgx::SigStruct& signature);

}  // namespace scone::host::soft
