// Signatures for enclaves built here: with a key of this machine's own, made at first use.
#pragma once

#include <string>

#include "base/result.h"
#include "sgx/arch.h"
#include "sgx/measurement.h"

namespace scone::host {

// A SIGSTRUCT for an enclave with this measurement. Signing takes milliseconds and making a key a second, so both are kept
// beside the enclave's file: <enclave_path>.key and <enclave_path>.<MRENCLAVE>.sig. A kept signature that does not verify or is
// for another measurement is replaced. Where the directory is not writable a signature is made anew each time. EIO if
// OpenSSL fails.
Result<sgx::SigStruct> development_signature(const std::string& enclave_path,
                                             const sgx::MrEnclave& measurement);

// Lower-case hexadecimal, as `scone hash` prints it.
std::string to_hex(const sgx::MrEnclave& measurement);

}  // namespace scone::host
