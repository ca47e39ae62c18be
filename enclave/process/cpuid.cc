#include "enclave/process/cpuid.h"

#include "enclave/process/vector_state.h"

namespace scone::process {
namespace {

constexpr uint32_t bits(auto... positions) { return (uint32_t{0} | ... | (uint32_t{1} << positions)); }

constexpr uint64_t kAvxState = 1 << 2, kMpxState = 3 << 3, kAvx512State = 7 << 5;

// Feature bits by the state they need (SDM vol. 2, CPUID). Names in the order of the bits.
constexpr uint32_t kLeaf1EcxAvx = bits(12, 28, 29);  // FMA, AVX, F16C
constexpr uint32_t kLeaf1EcxNever = bits(3, 5, 6);   // MONITOR, VMX, SMX: not for programs
constexpr uint32_t kLeaf7EbxAvx = bits(5);           // AVX2
constexpr uint32_t kLeaf7EbxMpx = bits(14);
constexpr uint32_t kLeaf7EbxAvx512 = bits(16, 17, 21, 26, 27, 28, 30, 31);
constexpr uint32_t kLeaf7EbxNever = bits(0, 2, 4, 11);  // FSGSBASE (GS is the runtime's), SGX, HLE, RTM
constexpr uint32_t kLeaf7EcxAvx = bits(9, 10);          // VAES, VPCLMULQDQ
constexpr uint32_t kLeaf7EcxAvx512 = bits(1, 6, 11, 12, 14);
constexpr uint32_t kLeaf7EcxNever =
    bits(3, 4, 5, 7, 30);  // PKU, OSPKE, WAITPKG, CET, SGX_LC: state or mode we lack
constexpr uint32_t kLeaf7EdxAvx512 = bits(2, 3, 8, 23);
constexpr uint32_t kLeaf7EdxNever = bits(5, 11, 13, 20, 22, 24, 25);  // UINTR, RTM_*, CET_IBT, AMX
constexpr uint32_t kLeaf71EaxAvx = bits(0, 1, 2, 4, 23);              // SHA512, SM3, SM4, AVX-VNNI, AVX-IFMA
constexpr uint32_t kLeaf71EaxAvx512 = bits(5);                        // AVX512_BF16
constexpr uint32_t kLeaf71EaxNever = bits(21, 26);                    // AMX-FP16, LAM
constexpr uint32_t kExtendedEcxAvx = bits(11, 16);                    // XOP, FMA4
constexpr uint32_t kExtendedEcxNever = bits(2, 10, 15, 29);           // SVM, IBS, LWP, MONITORX

uint32_t without(uint32_t value, uint32_t avx, uint32_t avx512, uint32_t never, uint64_t features) {
  if (!(features & kAvxState)) value &= ~(avx | avx512);
  if ((features & kAvx512State) != kAvx512State) value &= ~avx512;
  return value & ~never;
}

CpuidAnswer limit_leaf_7(CpuidAnswer a, uint32_t subleaf, uint64_t features) {
  if (subleaf == 0) {
    const uint32_t mpx = (features & kMpxState) == kMpxState ? 0 : kLeaf7EbxMpx;
    a.ebx = without(a.ebx, kLeaf7EbxAvx, kLeaf7EbxAvx512, kLeaf7EbxNever | mpx, features);
    a.ecx = without(a.ecx, kLeaf7EcxAvx, kLeaf7EcxAvx512, kLeaf7EcxNever, features);
    a.edx = without(a.edx, 0, kLeaf7EdxAvx512, kLeaf7EdxNever, features);
  } else if (subleaf == 1) {
    a.eax = without(a.eax, kLeaf71EaxAvx, kLeaf71EaxAvx512, kLeaf71EaxNever, features);
    a.edx = 0;  // AVX10, APX, AVX-VNNI-INT…: newer than what was checked here
  }
  return a;
}

// XSAVE: only the components the enclave has, and their standard format.
CpuidAnswer limit_xsave(CpuidAnswer a, uint32_t subleaf, uint64_t features) {
  if (subleaf == 0) {
    const auto size = static_cast<uint32_t>(layout_for(features).size);
    return {static_cast<uint32_t>(features), size, size, 0};
  }
  if (subleaf == 1) return {a.eax & bits(0, 1, 2), a.ebx, 0, 0};  // XSAVEOPT, XSAVEC, XGETBV 1; no XSAVES
  return subleaf < 32 && (features >> subleaf & 1) ? a : CpuidAnswer{};
}

// Leaves whose answer depends on ecx; all others ignore it.
bool has_subleaves(uint32_t leaf) {
  switch (leaf) {
    case 4:
    case 7:
    case 0xb:
    case 0xd:
    case 0x17:
    case 0x18:
    case 0x1f:
    case 0x20:
    case 0x23:
    case 0x24:
    case 0x8000001d:
    case 0x80000020:
    case 0x80000026:
      return true;
    default:
      return false;
  }
}

// SGX, processor trace, resource allocation and the like: nothing that can be used from inside.
bool is_hidden(uint32_t leaf) { return (leaf >= 0xf && leaf <= 0x14) || leaf == 0x1d || leaf == 0x1e; }

}  // namespace

void CpuidTable::add(const abi::CpuidEntry& entry) {
  if (count_ < kCapacity) entries_[count_++] = entry;
}

CpuidAnswer CpuidTable::lookup(uint32_t leaf, uint32_t subleaf) const {
  for (size_t i = 0; i < count_; ++i)
    if (entries_[i].leaf == leaf && entries_[i].subleaf == subleaf)
      return {entries_[i].eax, entries_[i].ebx, entries_[i].ecx, entries_[i].edx};
  return {};
}

CpuidAnswer CpuidTable::answer(uint32_t leaf, uint32_t subleaf, uint64_t features) const {
  if (is_hidden(leaf)) return {};
  CpuidAnswer a = lookup(leaf, has_subleaves(leaf) ? subleaf : 0);
  switch (leaf) {
    case 1:
      a.ecx = without(a.ecx, kLeaf1EcxAvx, 0, kLeaf1EcxNever, features) | bits(26, 27);  // XSAVE, OSXSAVE
      return a;
    case 7:
      return limit_leaf_7(a, subleaf, features);
    case 0xd:
      return limit_xsave(a, subleaf, features);
    case 0x80000001:
      a.ecx = without(a.ecx, kExtendedEcxAvx, 0, kExtendedEcxNever, features);
      return a;
    default:
      return a;
  }
}

CpuidTable& cpuid_table() {
  static constinit CpuidTable table;
  return table;
}

}  // namespace scone::process
