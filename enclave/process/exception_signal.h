// Which signal an exception of the program is, and what it says: the kernel's arch/x86/kernel/traps.c and fault.c
// as seen by a program (sigaction(2), si_code). Pure.
#pragma once

#include <cstdint>

#include "enclave/mm/fault.h"

namespace scone::process {

struct Fault {
  int signal;
  int code;
  uint64_t address;
};

// SDM vol. 3, 6.15.
inline constexpr uint64_t kVectorDivide = 0, kVectorDebug = 1, kVectorBreakpoint = 3, kVectorOverflow = 4,
                          kVectorBound = 5, kVectorInvalidOpcode = 6, kVectorStack = 12,
                          kVectorProtection = 13, kVectorPage = 14, kVectorX87 = 16, kVectorAlignment = 17,
                          kVectorSimd = 19;

// The access that a page fault's error code describes.
constexpr mm::Access access_of(uint64_t error_code) {
  if (error_code & 16) return mm::Access::kExecute;
  return error_code & 2 ? mm::Access::kWrite : mm::Access::kRead;
}

// For every vector but page faults. rip: as the program knows it. xsave_area: the thread's saved state.
Fault fault_of_exception(uint64_t vector, uint64_t rip, const uint8_t* xsave_area);
// For a page fault that was not resolved. Precondition: outcome is neither kResolved nor kNoMemory.
Fault fault_of_page(mm::FaultOutcome outcome, uint64_t address);

}  // namespace scone::process
