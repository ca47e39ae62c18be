// Threads of the enclave: TCS pages, parsed.
#pragma once

#include "host/device/soft/enclave.h"

namespace scone::host::soft {

// Whether a TCS may be added (EADD) or accepted (EACCEPT) with this content (SDM vol. 3D, EADD's operation section).
bool tcs_is_well_formed(const SoftEnclave& enclave, const sgx::Tcs& tcs);

// Makes the TCS at `address` enterable. False if there are kMaxTcs already. Precondition: well formed. Caller holds
// epcm.lock() or is building the enclave.
bool add_tcs(SoftEnclave& enclave, uint64_t address, const sgx::Tcs& tcs);
// No longer enterable.
void remove_tcs(SoftEnclave& enclave, uint64_t address);

}  // namespace scone::host::soft
