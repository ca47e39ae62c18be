#include "enclave/entry/fixups.h"

extern "C" {
// Bounds of section .fault_fixups; defined by the linker (__start_/__stop_ need a C identifier, so the
// linker script names them).
struct FaultFixup {
  int64_t instruction;  // relative to this field
  int64_t fixup;        // relative to this field
};
extern const FaultFixup fault_fixups_begin[] __attribute__((visibility("hidden")));
extern const FaultFixup fault_fixups_end[] __attribute__((visibility("hidden")));
}

namespace scone::entry {

uint64_t find_fixup(uint64_t rip) {
  for (const FaultFixup* entry = fault_fixups_begin; entry != fault_fixups_end; ++entry) {
    uint64_t instruction = reinterpret_cast<uint64_t>(&entry->instruction) + static_cast<uint64_t>(entry->instruction);
    if (instruction == rip) return reinterpret_cast<uint64_t>(&entry->fixup) + static_cast<uint64_t>(entry->fixup);
  }
  return 0;
}

}  // namespace scone::entry
