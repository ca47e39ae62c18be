#include "host/runner/cpuid.h"

#include <cpuid.h>

namespace scone::host {
namespace {

class Table {
 public:
  Table(abi::CpuidEntry* entries, size_t capacity) : entries_(entries), capacity_(capacity) {}

  abi::CpuidEntry add(uint32_t leaf, uint32_t subleaf) {
    abi::CpuidEntry entry{.leaf = leaf, .subleaf = subleaf, .eax = 0, .ebx = 0, .ecx = 0, .edx = 0};
    __cpuid_count(leaf, subleaf, entry.eax, entry.ebx, entry.ecx, entry.edx);
    if (count_ < capacity_) entries_[count_++] = entry;
    return entry;
  }
  size_t count() const { return count_; }

 private:
  abi::CpuidEntry* entries_;
  size_t capacity_;
  size_t count_ = 0;
};

// SGX, processor trace, resource control: the enclave does not show them to programs.
bool is_hidden(uint32_t leaf) { return leaf >= 0xf && leaf <= 0x14; }

// How many subleaves are worth asking for: in a virtual machine each costs microseconds.
uint32_t subleaves(uint32_t leaf) {
  switch (leaf) {
    case 4: return 5;
    case 7: return 3;
    case 0xb: case 0x1f: return 3;
    case 0xd: return 10;  // components up to XFRM's PKRU; the enclave has none above
    default: return 1;
  }
}

}  // namespace

size_t read_cpuid(abi::CpuidEntry* entries, size_t capacity) {
  Table table(entries, capacity);
  constexpr uint32_t kExtended = 0x80000000;
  const uint32_t basic = table.add(0, 0).eax;
  for (uint32_t leaf = 1; leaf <= basic && leaf < 0x20; ++leaf) {
    if (is_hidden(leaf)) continue;
    for (uint32_t subleaf = 0; subleaf < subleaves(leaf); ++subleaf) table.add(leaf, subleaf);
  }
  const uint32_t extended = table.add(kExtended, 0).eax;
  for (uint32_t leaf = kExtended + 1; leaf <= extended && leaf < kExtended + 0x20; ++leaf) table.add(leaf, 0);
  return table.count();
}

}  // namespace scone::host
