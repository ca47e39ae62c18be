#include "enclave/loader/eh_frame.h"

#include <linux/errno.h>

#include "abi/layout.h"
#include "base/checked.h"

namespace scone::loader {
namespace {

constexpr uint64_t kPage = abi::kPageSize;

// The executable segment whose pages hold the file's byte at `offset`.
const Segment* code_at(const ElfImage& image, uint64_t offset) {
  for (const Segment& load : image.loads()) {
    const uint64_t begin = align_down(load.file.offset, kPage);
    if (mm::has(load.prot, mm::Prot::kExecute) && offset >= begin &&
        offset < load.file.offset + load.file.size)
      return &load;
  }
  return nullptr;
}

std::optional<EhFrameHeader> eh_frame_of(std::span<const Elf64_Phdr> table, uint64_t file_size) {
  for (const Elf64_Phdr& entry : table) {
    if (entry.p_type != PT_GNU_EH_FRAME) continue;
    if (!range_within(entry.p_offset, entry.p_filesz, 0, file_size)) continue;
    if (!range_within(entry.p_vaddr, entry.p_filesz, 0, kMaxAddress)) continue;
    return EhFrameHeader{.address = entry.p_vaddr, .file = {entry.p_offset, entry.p_filesz}};
  }
  return std::nullopt;
}

}  // namespace

Result<CodeLayout> find_code(mm::Backing& file, uint64_t address, uint64_t offset) {
  Reason why = Reason::kNone;
  const uint64_t file_size = TRY(file.size());
  FileBytes storage = TRY(FileBytes::allocate(kPage));
  ElfHeader header{};
  std::span<const Elf64_Phdr> table = TRY(read_table(file, file_size, storage, header, why));
  ElfImage image;
  TRY(parse_segments(header, table, file_size, image, why));
  const Segment* code = code_at(image, offset);
  if (!code) return Errno(ENOEXEC);
  return CodeLayout{.code = *code,
                    // Modulo 2^64: `offset` may lie before the segment, in its first page.
                    .bias = address - (code->address + (offset - code->file.offset)),
                    .eh_frame = eh_frame_of(table, file_size)};
}

}  // namespace scone::loader
