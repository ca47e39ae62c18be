// The address space of the program in this enclave.
#pragma once

#include "enclave/mm/address_space.h"

namespace scone::mm {

// The top of the program range, which only the program's initial stack uses. The loader places it there.
inline constexpr uint64_t kStackArea = uint64_t{256} << 20;

// Sets up the runtime's heap and the program's address space. Once, after the host's parameters are known.
void init_program_memory();
// Precondition: init_program_memory() has run.
AddressSpace& program();

}  // namespace scone::mm
