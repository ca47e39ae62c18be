// FS base, which belongs to the program (its thread pointer).
#pragma once

#include <cstdint>

namespace scone::entry {

// SAFETY: RDFSBASE/WRFSBASE are legal in enclaves; the runtime itself never uses FS.
inline uint64_t read_fs_base() {
  uint64_t base;
  asm volatile("rdfsbase %0" : "=r"(base));
  return base;
}
// Precondition: base is canonical.
inline void write_fs_base(uint64_t base) { asm volatile("wrfsbase %0" : : "r"(base)); }

}  // namespace scone::entry
