// The host's half of dynamic memory management (SGX2): EMODPR, EMODT and EREMOVE, as the driver offers them.
//
// Source: Linux, arch/x86/kernel/cpu/sgx/ioctl.c; SDM vol. 3D. Offsets and lengths in bytes, whole pages.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "host/device/soft/enclave.h"

namespace scone::host::soft {

// EMODPR. The enclave must EACCEPT. EINVAL: bad range or permissions, no enclave; EFAULT: a page is absent, pending or modified.
Result<void> restrict_permissions(SoftEnclave& enclave, uint64_t offset, uint64_t length,
                                  uint64_t permissions);
// EMODT to PT_TRIM or PT_TCS. The enclave must EACCEPT. Errors as above; EINVAL also for a change between types that SGX
// does not have.
Result<void> modify_types(SoftEnclave& enclave, uint64_t offset, uint64_t length, uint64_t page_type);
// EREMOVE of pages that were trimmed and accepted; EPERM for others.
Result<void> remove_pages(SoftEnclave& enclave, uint64_t offset, uint64_t length);

}  // namespace scone::host::soft
