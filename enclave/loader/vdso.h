// The shared object that the runtime itself gives to each program (enclave/vdso).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/mm/address_space.h"

namespace scone::loader {

// Maps it where mmap puts libraries, as [vdso], and returns the address of its ELF header (AT_SYSINFO_EHDR). ENOMEM.
Result<uint64_t> map_vdso(mm::AddressSpace& space);

}  // namespace scone::loader
