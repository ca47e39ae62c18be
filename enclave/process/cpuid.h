// CPUID for the program: the instruction is illegal in an enclave, so the host's answers are handed in at start.
//
// The answers are untrusted, but a lie can only make a program use an instruction that faults, or miss one. What would
// break the runtime is not left to the host: features whose state the enclave cannot hold are never reported.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "abi/border.h"

namespace scone::process {

struct CpuidAnswer {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// Filled once at start, read by any thread afterwards.
class CpuidTable {
 public:
  static constexpr size_t kCapacity = 160;

  // Takes over one of the host's entries. Further ones than kCapacity are forgotten: they read as zero.
  void add(const abi::CpuidEntry& entry);
  // What the program gets to see. features: XFRM.
  CpuidAnswer answer(uint32_t leaf, uint32_t subleaf, uint64_t features) const;

 private:
  CpuidAnswer lookup(uint32_t leaf, uint32_t subleaf) const;
  std::array<abi::CpuidEntry, kCapacity> entries_{};
  size_t count_ = 0;
};

// The process's table; the runtime's start fills it from StartInfo.
CpuidTable& cpuid_table();

}  // namespace scone::process
