// Sizes of the program's memory, as /proc reports them.
#pragma once

#include <cstdint>

namespace scone::file {

// Bytes.
struct MemoryFigures {
  uint64_t size;      // of all mappings
  uint64_t resident;  // committed now
  uint64_t code, data, stack;
};
// Takes the address space's lock.
MemoryFigures memory_figures();

}  // namespace scone::file
