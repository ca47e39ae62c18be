#include "enclave/loader/elf_image.h"

#include <linux/errno.h>

#include <bit>

#include "abi/layout.h"
#include "base/checked.h"
#include "enclave/runtime/memory.h"

namespace scone::loader {
namespace {

constexpr uint64_t kPage = abi::kPageSize;
// A file that wants its addresses aligned to more than this is not a program.
constexpr uint64_t kMaxAlignment = uint64_t{1} << 30;
constexpr uint64_t kMaxInterpreterName = 4096;  // PATH_MAX

bool in_file(uint64_t offset, uint64_t size, uint64_t file_size) {
  return range_within(offset, size, 0, file_size);
}

mm::Prot prot_of(uint32_t flags) {
  mm::Prot prot = mm::Prot::kNone;
  if (flags & PF_R) prot = prot | mm::Prot::kRead;
  if (flags & PF_W) prot = prot | mm::Prot::kWrite;
  if (flags & PF_X) prot = prot | mm::Prot::kExecute;
  return prot;
}

Result<void> add_load(const Elf64_Phdr& header, uint64_t file_size, ElfImage& image, Reason& why) {
  if (header.p_filesz > header.p_memsz) return refuse(Reason::kBadHeader, why);
  if (header.p_memsz == 0) return ok();
  if ((header.p_vaddr - header.p_offset) % kPage != 0) return refuse(Reason::kBadHeader, why);
  if (!range_within(header.p_vaddr, header.p_memsz, 0, kMaxAddress)) return refuse(Reason::kBadHeader, why);
  if (!in_file(header.p_offset, header.p_filesz, file_size)) return refuse(Reason::kTruncated, why);
  if (header.p_align > kMaxAlignment) return refuse(Reason::kBadHeader, why);
  // As Linux, an alignment that is no power of two counts as none.
  if (std::has_single_bit(header.p_align) && header.p_align > image.alignment)
    image.alignment = header.p_align;
  const uint64_t begin = align_down(header.p_vaddr, kPage);
  const uint64_t end = align_up(header.p_vaddr + header.p_memsz, kPage);
  if (begin < image.begin) image.begin = begin;
  if (end > image.end) image.end = end;
  image.segments[image.segment_count++] = Segment{.address = header.p_vaddr,
                                                  .memory_size = header.p_memsz,
                                                  .file = {header.p_offset, header.p_filesz},
                                                  .prot = prot_of(header.p_flags)};
  return ok();
}

Result<void> set_interpreter(const Elf64_Phdr& header, uint64_t file_size, ElfImage& image, Reason& why) {
  if (image.interpreter) return ok();  // the first one counts
  if (header.p_filesz < 2 || header.p_filesz > kMaxInterpreterName)
    return refuse(Reason::kBadInterpreterName, why);
  if (!in_file(header.p_offset, header.p_filesz, file_size)) return refuse(Reason::kTruncated, why);
  image.interpreter = FileRange{header.p_offset, header.p_filesz};
  return ok();
}

// Where the program headers appear in memory: in the segment whose file range holds their beginning.
uint64_t header_address(uint64_t table_offset, std::span<const Segment> loads) {
  for (const Segment& load : loads)
    if (table_offset >= load.file.offset && table_offset - load.file.offset < load.file.size)
      return load.address + (table_offset - load.file.offset);
  return 0;
}

}  // namespace

Result<ElfHeader> parse_header(std::span<const uint8_t> bytes, uint64_t file_size, Reason& why) {
  if (bytes.empty()) return refuse(Reason::kEmpty, why);
  if (bytes.size() < SELFMAG || memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
    return refuse(Reason::kNotElf, why);
  if (bytes.size() < sizeof(Elf64_Ehdr)) return refuse(Reason::kTruncated, why);
  Elf64_Ehdr header;
  memcpy(&header, bytes.data(), sizeof header);
  if (header.e_ident[EI_CLASS] == ELFCLASS32) return refuse(Reason::kNot64Bit, why);
  if (header.e_ident[EI_CLASS] != ELFCLASS64) return refuse(Reason::kBadHeader, why);
  if (header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_X86_64)
    return refuse(Reason::kWrongMachine, why);
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return refuse(Reason::kNotAProgram, why);
  if (header.e_phnum == 0) return refuse(Reason::kNothingToLoad, why);
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > kMaxProgramHeaders ||
      header.e_entry >= kMaxAddress)
    return refuse(Reason::kBadHeader, why);
  if (!in_file(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr), file_size))
    return refuse(Reason::kTruncated, why);
  return ElfHeader{.position_independent = header.e_type == ET_DYN,
                   .entry = header.e_entry,
                   .table_offset = header.e_phoff,
                   .table_count = header.e_phnum};
}

Result<void> parse_segments(const ElfHeader& header, std::span<const Elf64_Phdr> table, uint64_t file_size,
                            ElfImage& image, Reason& why) {
  image.position_independent = header.position_independent;
  image.entry = header.entry;
  image.begin = kMaxAddress;
  image.end = 0;
  image.alignment = kPage;
  image.header_count = header.table_count;
  image.interpreter.reset();
  image.segment_count = 0;
  for (const Elf64_Phdr& entry : table) {
    if (entry.p_type == PT_LOAD) TRY(add_load(entry, file_size, image, why));
    if (entry.p_type == PT_INTERP) TRY(set_interpreter(entry, file_size, image, why));
  }
  if (image.segment_count == 0) return refuse(Reason::kNothingToLoad, why);
  image.header_address = header_address(header.table_offset, image.loads());
  return ok();
}

Result<std::span<const Elf64_Phdr>> read_table(mm::Backing& file, uint64_t file_size, FileBytes& storage,
                                               ElfHeader& header, Reason& why) {
  header = TRY(parse_header(TRY(storage.read(file, 0, sizeof(Elf64_Ehdr))), file_size, why));
  const size_t size = header.table_count * sizeof(Elf64_Phdr);
  std::span<const uint8_t> table = TRY(storage.read(file, header.table_offset, size));
  // The file may have shrunk since its size was asked for.
  if (table.size() != size) return refuse(Reason::kTruncated, why);
  // SAFETY: the buffer is aligned as operator new aligns, and holds table_count whole entries.
  const auto* entries = reinterpret_cast<const Elf64_Phdr*>(table.data());
  return std::span<const Elf64_Phdr>(entries, header.table_count);
}

Result<void> read_image(mm::Backing& file, ElfImage& image, Reason& why) {
  const uint64_t file_size = TRY(file.size());
  FileBytes storage = TRY(FileBytes::allocate(kPage));
  ElfHeader header{};
  std::span<const Elf64_Phdr> table = TRY(read_table(file, file_size, storage, header, why));
  return parse_segments(header, table, file_size, image, why);
}

}  // namespace scone::loader
