// What an ELF64 file asks the loader to do (System V ABI, elf(5)), checked.
//
// Every field comes from a file that anybody may have written. What parse() accepts needs no further check: no sum of
// the numbers below wraps, file ranges lie in the file, and addresses below kMaxAddress.
#pragma once

#include <linux/elf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "enclave/loader/file_bytes.h"
#include "enclave/loader/reason.h"
#include "enclave/mm/backing.h"
#include "enclave/mm/prot.h"

namespace scone::loader {

// No valid image reaches this address (the end of the lower half of canonical addresses).
inline constexpr uint64_t kMaxAddress = uint64_t{1} << 47;
// As Linux: the table of program headers fits into a page.
inline constexpr size_t kMaxProgramHeaders = 4096 / sizeof(Elf64_Phdr);

struct FileRange {
  uint64_t offset;
  uint64_t size;
};

// A PT_LOAD. address is as linked; the bias is added when it is mapped.
struct Segment {
  uint64_t address;
  uint64_t memory_size;  // >= file.size
  FileRange file;        // file.offset and address agree modulo the page size
  mm::Prot prot;
};

struct ElfImage {
  bool position_independent;  // ET_DYN
  uint64_t entry;
  uint64_t begin, end;      // the page-aligned span of all segments; begin < end
  uint64_t alignment;       // of the bias: a power of two, at least a page
  uint64_t header_address;  // of the program headers in memory (AT_PHDR), 0 if no segment holds them
  uint64_t header_count;
  std::optional<FileRange> interpreter;  // PT_INTERP: size includes the NUL, 2..4096
  std::array<Segment, kMaxProgramHeaders> segments;
  size_t segment_count;

  std::span<const Segment> loads() const { return {segments.data(), segment_count}; }
};

// The file header, checked: where the program headers are.
struct ElfHeader {
  bool position_independent;
  uint64_t entry;
  uint64_t table_offset;
  uint64_t table_count;  // 1..kMaxProgramHeaders
};

// `bytes` is the beginning of the file, at least its first 64 bytes if it has as many. ENOEXEC.
Result<ElfHeader> parse_header(std::span<const uint8_t> bytes, uint64_t file_size, Reason& why);
// `table` holds header.table_count entries. Fills `image`, which has no meaning after an error. ENOEXEC.
Result<void> parse_segments(const ElfHeader& header, std::span<const Elf64_Phdr> table, uint64_t file_size,
                            ElfImage& image, Reason& why);
// The program headers as they stand in the file, in `storage`, which has room for a page. ENOEXEC, EIO.
Result<std::span<const Elf64_Phdr>> read_table(mm::Backing& file, uint64_t file_size, FileBytes& storage,
                                               ElfHeader& header, Reason& why);
// All of the above. ENOEXEC, ENOMEM, EIO.
Result<void> read_image(mm::Backing& file, ElfImage& image, Reason& why);

}  // namespace scone::loader
