// CPUID for the enclave, in which the instruction is illegal.
#pragma once

#include <cstddef>

#include "abi/border.h"

namespace scone::host {

// Fills at most `capacity` entries with the leaves that programs ask for. Returns how many.
size_t read_cpuid(abi::CpuidEntry* entries, size_t capacity);

}  // namespace scone::host
