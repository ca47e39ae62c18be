// Bringing ELF images into the program's address space.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/loader/executable.h"
#include "enclave/loader/segment_plan.h"
#include "enclave/mm/address_space.h"

namespace scone::loader {

// Where things go in a program range [begin, end) whose top `stack_area` bytes are the stack's.
struct ProgramLayout {
  uint64_t begin, end, stack_area;

  AddressRange images() const { return {begin, end - stack_area}; }
  // Position-independent programs, with room for the heap above and for fixed programs below: [4 GiB, 16 GiB) in a default enclave.
  AddressRange independent() const { return {end / 12, end / 3}; }
};

// Map the image and return its bias (modulo 2^64 negative ones are possible). Position-independent programs go to a random place; so
// that nothing is known about addresses, RDRAND decides. ENOMEM, ENOEXEC, EIO, …
Result<uint64_t> map_program(mm::AddressSpace& space, const ProgramLayout& layout, Executable& program,
                             Reason& why);
// The dynamic loader goes where mmap puts libraries.
Result<uint64_t> map_interpreter(mm::AddressSpace& space, const ProgramLayout& layout,
                                 Executable& interpreter, Reason& why);

}  // namespace scone::loader
