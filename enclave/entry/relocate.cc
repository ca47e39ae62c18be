#include "enclave/entry/relocate.h"

#include <linux/elf.h>

#include <cstdint>

extern "C" {
// Defined by the linker.
extern const Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));
}

namespace scone::entry {
namespace {
constexpr int64_t kDtRela = 7, kDtRelaSize = 8;
constexpr uint64_t kRelative = 8;  // R_X86_64_RELATIVE
}  // namespace

void relocate_image() {
  const auto base = reinterpret_cast<uint64_t>(&__ehdr_start);
  uint64_t table = 0, size = 0;
  for (const Elf64_Dyn* entry = _DYNAMIC; entry->d_tag != 0; ++entry) {
    if (entry->d_tag == kDtRela) table = base + entry->d_un.d_val;
    if (entry->d_tag == kDtRelaSize) size = entry->d_un.d_val;
  }
  // SAFETY: the table is part of the measured image; the post-link check admits RELATIVE relocations of writable memory only.
  const auto* relocations = reinterpret_cast<const Elf64_Rela*>(table);
  for (uint64_t i = 0; i < size / sizeof(Elf64_Rela); ++i) {
    if (relocations[i].r_info != kRelative) __builtin_trap();
    *reinterpret_cast<uint64_t*>(base + relocations[i].r_offset) = base + static_cast<uint64_t>(relocations[i].r_addend);
  }
}

}  // namespace scone::entry
