// Where the unwind tables of mapped code are: they tell the system-call rewriter which bytes are functions.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "enclave/loader/elf_image.h"
#include "enclave/mm/backing.h"

namespace scone::loader {

// PT_GNU_EH_FRAME, the .eh_frame_hdr section. address is as linked: add CodeLayout::bias.
struct EhFrameHeader {
  uint64_t address;
  FileRange file;
};

// Addresses are as linked; modulo 2^64, address + bias is where the program sees them.
struct CodeLayout {
  Segment code;  // the executable PT_LOAD that was mapped
  uint64_t bias;
  std::optional<EhFrameHeader> eh_frame;
};

// Explains an executable mapping of `file` that shows the file from `offset` on at `address`: by ld.so, by this loader, or by
// anything else that calls mmap. ENOEXEC if the file is no ELF file or has no executable segment there. EIO, ENOMEM.
// May be called from mm::ExecHook::prepare(). Nothing is promised about what the tables hold.
Result<CodeLayout> find_code(mm::Backing& file, uint64_t address, uint64_t offset);

}  // namespace scone::loader
