// The memory manager's answer to a page fault of the program.
#pragma once

#include <cstdint>

namespace scone::mm {

enum class Access : uint8_t { kRead, kWrite, kExecute };

enum class FaultOutcome : uint8_t {
  kResolved,    // try the access again
  kSegvMapErr,  // SIGSEGV, SEGV_MAPERR: nothing is mapped there
  kSegvAccErr,  // SIGSEGV, SEGV_ACCERR: the mapping does not allow the access
  kBus,         // SIGBUS, BUS_ADRERR: beyond the end of the file, or the file could not be read
  kNoMemory,    // the heap limit or the runtime's memory is exhausted
};

}  // namespace scone::mm
