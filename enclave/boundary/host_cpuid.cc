#include "enclave/boundary/host_cpuid.h"

#include "abi/border.h"
#include "enclave/boundary/host_state.h"
#include "enclave/process/cpuid.h"

namespace scone::boundary {

void copy_cpuid() {
  const abi::StartInfo& info = start_info();
  for (uint64_t i = 0; i < info.cpuid_count; ++i) {
    auto entry = HostPtr<abi::CpuidEntry>::unchecked(info.cpuid) + i;
    process::cpuid_table().add({.leaf = entry.field(&abi::CpuidEntry::leaf).load(),
                                .subleaf = entry.field(&abi::CpuidEntry::subleaf).load(),
                                .eax = entry.field(&abi::CpuidEntry::eax).load(),
                                .ebx = entry.field(&abi::CpuidEntry::ebx).load(),
                                .ecx = entry.field(&abi::CpuidEntry::ecx).load(),
                                .edx = entry.field(&abi::CpuidEntry::edx).load()});
  }
}

}  // namespace scone::boundary
