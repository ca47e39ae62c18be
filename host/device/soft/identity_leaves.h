// EREPORT and EGETKEY.
#pragma once

#include <optional>

#include "host/device/soft/enclave.h"

namespace scone::host::soft {

std::optional<Fault> ereport(SoftEnclave& enclave, sgx::GprSgx& registers);
std::optional<Fault> egetkey(SoftEnclave& enclave, sgx::GprSgx& registers);

// RAX and the arithmetic flags of a leaf that returns an error code: ZF says that it is not zero.
void set_leaf_result(sgx::GprSgx& registers, sgx::Error error);

}  // namespace scone::host::soft
