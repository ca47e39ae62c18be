// The start-up configuration (SCF) as the host hands it over: still encrypted.
//
// This is the part that an attested channel will replace: it, too, ends with the body of a configuration in enclave memory, and
// nothing that comes after (enclave/configuration) knows where the body came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "abi/border.h"
#include "base/result.h"

namespace scone::boundary {

// Bytes of the file; 0: the host gave none.
size_t start_scf_size();
// A private copy. Precondition: file.size() == start_scf_size().
void copy_start_scf(std::span<uint8_t> file);
// Copies the key and overwrites the host's copy. Precondition: start_scf_size() > 0.
void take_start_scf_key(std::span<uint8_t, abi::kScfKeySize> key);

}  // namespace scone::boundary
