#include "host/device/sgx/vdso.h"

#include <elf.h>
#include <link.h>

namespace scone::host::hw {
namespace {

// The vDSO's dynamic table, with addresses relocated by hand: nobody has relocated the vDSO itself.
struct DynamicTable {
  const Elf64_Sym* symbols = nullptr;
  const char* strings = nullptr;
  uint32_t count = 0;
};

template <typename T>
const T* at(uint64_t address) {
  // SAFETY: addresses inside the vDSO's mapping, which is readable and never goes away.
  return reinterpret_cast<const T*>(address);
}

// The number of symbols, which only the hash tables tell. DT_GNU_HASH: the last chain ends with an odd hash.
uint32_t count_from_gnu_hash(uint64_t table) {
  const auto* header = at<uint32_t>(table);
  uint32_t buckets = header[0], first = header[1], bloom_words = header[2];
  const auto* bucket = at<uint32_t>(table + 16 + bloom_words * 8);
  const uint32_t* chain = bucket + buckets;
  uint32_t last = 0;
  for (uint32_t i = 0; i < buckets; ++i) last = bucket[i] > last ? bucket[i] : last;
  if (last < first) return first;
  while (!(chain[last - first] & 1)) ++last;
  return last + 1;
}

DynamicTable read_dynamic(uint64_t bias, const Elf64_Dyn* entry) {
  DynamicTable table;
  for (; entry->d_tag != DT_NULL; ++entry) {
    uint64_t address = bias + entry->d_un.d_ptr;
    if (entry->d_tag == DT_SYMTAB) table.symbols = at<Elf64_Sym>(address);
    if (entry->d_tag == DT_STRTAB) table.strings = at<char>(address);
    if (entry->d_tag == DT_HASH) table.count = at<uint32_t>(address)[1];
    if (entry->d_tag == DT_GNU_HASH && !table.count) table.count = count_from_gnu_hash(address);
  }
  return table;
}

}  // namespace

std::optional<VdsoSymbol> find_vdso_symbol(uint64_t vdso, std::string_view name) {
  if (!vdso) return std::nullopt;
  const auto* header = at<Elf64_Ehdr>(vdso);
  const auto* segments = at<Elf64_Phdr>(vdso + header->e_phoff);
  const Elf64_Phdr *load = nullptr, *dynamic = nullptr;
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD && !load) load = &segments[i];
    if (segments[i].p_type == PT_DYNAMIC) dynamic = &segments[i];
  }
  if (!load || !dynamic) return std::nullopt;
  uint64_t bias = vdso + load->p_offset - load->p_vaddr;
  DynamicTable table = read_dynamic(bias, at<Elf64_Dyn>(bias + dynamic->p_vaddr));
  for (uint32_t i = 0; table.symbols && table.strings && i < table.count; ++i) {
    const Elf64_Sym& symbol = table.symbols[i];
    if (symbol.st_shndx != SHN_UNDEF && name == table.strings + symbol.st_name)
      return VdsoSymbol{bias + symbol.st_value, symbol.st_size};
  }
  return std::nullopt;
}

}  // namespace scone::host::hw
