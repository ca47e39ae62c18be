// Looking up a function in the kernel's vDSO.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace scone::host::hw {

struct VdsoSymbol {
  uint64_t address;
  uint64_t size;  // bytes
};

// `vdso` is the address of an ELF image as AT_SYSINFO_EHDR gives it; trusted, as the kernel made it. nullopt if it is 0 or
// has no such symbol.
std::optional<VdsoSymbol> find_vdso_symbol(uint64_t vdso, std::string_view name);

}  // namespace scone::host::hw
