#include "enclave/entry/fixups.h"

extern "C" {
// Section fault_fixups (boundary/app_copy.S); the linker defines its bounds.
struct FaultFixup {
  int64_t instruction;  // relative to this field
  int64_t fixup;        // relative to this field
};
extern const FaultFixup __start_fault_fixups[] __attribute__((visibility("hidden")));
extern const FaultFixup __stop_fault_fixups[] __attribute__((visibility("hidden")));
}

namespace scone::entry {

uint64_t find_fixup(uint64_t rip) {
  for (const FaultFixup* entry = __start_fault_fixups; entry != __stop_fault_fixups; ++entry) {
    uint64_t instruction = reinterpret_cast<uint64_t>(&entry->instruction) + static_cast<uint64_t>(entry->instruction);
    if (instruction == rip) return reinterpret_cast<uint64_t>(&entry->fixup) + static_cast<uint64_t>(entry->fixup);
  }
  return 0;
}

}  // namespace scone::entry
