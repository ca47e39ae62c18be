// The model's own accesses to enclave memory, with the checks that a leaf makes on its operands.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "host/device/soft/enclave.h"
#include "host/device/soft/transitions.h"

namespace scone::host::soft {

inline constexpr Fault kGeneralProtection{sgx::kVectorGp};

inline Fault page_fault(uint64_t address, uint32_t error = 0) {
  return {sgx::kVectorPf, error | sgx::kPfSgx | sgx::kPfPresent | sgx::kPfUser, address};
}

// #GP unless `address` is aligned and [address, address + size) lies in ELRANGE. Precondition: size <= alignment, or
// both are one page, so that an operand never crosses a page.
inline std::optional<Fault> check_operand(const SoftEnclave& enclave, uint64_t address, uint64_t alignment) {
  if (address % alignment || !enclave.contains(address)) return kGeneralProtection;
  return std::nullopt;
}

// Reads an operand that software must be able to read; #PF if it cannot.
template <typename T>
std::optional<Fault> read_operand(const SoftEnclave& enclave, uint64_t address, T& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (!enclave.entry_of(address).allows(Access::kRead) ||
      soft_copy(&out, reinterpret_cast<const void*>(address), sizeof out))
    return page_fault(address);
  return std::nullopt;
}

template <typename T>
std::optional<Fault> write_operand(const SoftEnclave& enclave, uint64_t address, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (!enclave.entry_of(address).allows(Access::kWrite) ||
      soft_copy(reinterpret_cast<void*>(address), &value, sizeof value))
    return page_fault(address, sgx::kPfWrite);
  return std::nullopt;
}

}  // namespace scone::host::soft
