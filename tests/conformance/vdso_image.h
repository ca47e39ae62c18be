// The vDSO as programs find it that do not ask the dynamic loader: by its ELF image (vdso(7)).
#pragma once

#include <elf.h>
#include <string.h>
#include <sys/auxv.h>

#include <cstdint>
#include <string>

// A table that the image does not have finds nothing.
class VdsoImage {
 public:
  VdsoImage() : begin_(getauxval(AT_SYSINFO_EHDR)) {
    if (!begin_ || memcmp(at<char>(begin_), ELFMAG, SELFMAG) != 0) return;
    const auto* header = at<Elf64_Ehdr>(begin_);
    const auto* segments = at<Elf64_Phdr>(begin_ + header->e_phoff);
    uint64_t dynamic = 0;
    for (int i = 0; i < header->e_phnum; i++) {
      if (segments[i].p_type == PT_LOAD) {
        bias_ = begin_ + segments[i].p_offset - segments[i].p_vaddr;
        end_ = begin_ + segments[i].p_offset + segments[i].p_memsz;
      }
      if (segments[i].p_type == PT_DYNAMIC) dynamic = begin_ + segments[i].p_offset;
    }
    for (const auto* entry = at<Elf64_Dyn>(dynamic); dynamic && entry->d_tag != DT_NULL; entry++)
      read(*entry);
  }

  uint64_t begin() const { return begin_; }
  bool holds(uint64_t address) const { return address >= begin_ && address < end_; }
  bool has_hash() const { return hash_; }
  bool has_gnu_hash() const { return gnu_hash_; }

  // The address of a function of version LINUX_2.6, 0 if there is none.
  uint64_t by_hash(const char* name) const {
    if (!hash_) return 0;
    uint32_t value = 0;
    for (const char* c = name; *c; c++) {
      value = (value << 4) + static_cast<unsigned char>(*c);
      value = (value ^ (value >> 24 & 0xf0)) & 0x0fffffff;
    }
    const uint32_t buckets = hash_[0];
    for (uint32_t i = hash_[2 + value % buckets]; i; i = hash_[2 + buckets + i])
      if (is(i, name)) return bias_ + symbols_[i].st_value;
    return 0;
  }
  uint64_t by_gnu_hash(const char* name) const {
    if (!gnu_hash_) return 0;
    uint32_t value = 5381;
    for (const char* c = name; *c; c++) value = value * 33 + static_cast<unsigned char>(*c);
    const uint32_t buckets = gnu_hash_[0], first = gnu_hash_[1];
    const uint32_t* bucket = gnu_hash_ + 4 + 2 * gnu_hash_[2];
    const uint32_t* chain = bucket + buckets;
    uint32_t i = bucket[value % buckets];
    for (; i >= first; i++) {
      if ((chain[i - first] | 1) == (value | 1) && is(i, name)) return bias_ + symbols_[i].st_value;
      if (chain[i - first] & 1) break;
    }
    return 0;
  }
  template <typename Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(gnu_hash_ ? by_gnu_hash(name) : by_hash(name));
  }

 private:
  template <typename T>
  static const T* at(uint64_t address) {
    return reinterpret_cast<const T*>(address);
  }

  void read(const Elf64_Dyn& entry) {
    const uint64_t address = bias_ + entry.d_un.d_ptr;
    switch (entry.d_tag) {
      case DT_STRTAB:
        strings_ = at<char>(address);
        break;
      case DT_SYMTAB:
        symbols_ = at<Elf64_Sym>(address);
        break;
      case DT_HASH:
        hash_ = at<uint32_t>(address);
        break;
      case DT_GNU_HASH:
        gnu_hash_ = at<uint32_t>(address);
        break;
      case DT_VERSYM:
        versions_ = at<Elf64_Versym>(address);
        break;
      case DT_VERDEF:
        definitions_ = address;
        break;
    }
  }
  bool is(uint32_t index, const char* name) const {
    const Elf64_Sym& symbol = symbols_[index];
    return symbol.st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
           strcmp(strings_ + symbol.st_name, name) == 0 && version(versions_[index] & 0x7fff) == "LINUX_2.6";
  }
  std::string version(unsigned number) const {
    for (uint64_t address = definitions_;;) {
      const auto* definition = at<Elf64_Verdef>(address);
      if (definition->vd_ndx == number)
        return strings_ + at<Elf64_Verdaux>(address + definition->vd_aux)->vda_name;
      if (definition->vd_next == 0) return "";
      address += definition->vd_next;
    }
  }

  uint64_t begin_, end_ = 0, bias_ = 0, definitions_ = 0;
  const char* strings_ = nullptr;
  const Elf64_Sym* symbols_ = nullptr;
  const uint32_t* hash_ = nullptr;
  const uint32_t* gnu_hash_ = nullptr;
  const Elf64_Versym* versions_ = nullptr;
};
