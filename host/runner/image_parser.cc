#include "host/runner/image_parser.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/checked.h"

namespace scone::host {
namespace {

constexpr std::string_view kSitesSection = ".enclu_sites";

uint64_t permissions_of(uint32_t flags) {
  uint64_t permissions = 0;
  if (flags & PF_R) permissions |= sgx::kSecInfoR;
  if (flags & PF_W) permissions |= sgx::kSecInfoR | sgx::kSecInfoW;
  if (flags & PF_X) permissions |= sgx::kSecInfoX;
  return permissions;
}

}  // namespace

Errno ImageParser::fail(std::string_view why) {
  error_ = why;
  return Errno(ENOEXEC);
}

Result<std::span<const uint8_t>> ImageParser::part(uint64_t offset, uint64_t size) {
  if (!range_within(offset, size, 0, file_.size())) return fail("the file is truncated");
  return file_.subspan(offset, size);
}

template <typename T>
Result<T> ImageParser::read(uint64_t offset) {
  T value;
  std::memcpy(&value, TRY(part(offset, sizeof value)).data(), sizeof value);
  return value;
}

Result<void> ImageParser::parse(Image& image) {
  TRY(parse_header(image));
  TRY(parse_segments(image));
  return parse_enclu_sites(image);
}

Result<void> ImageParser::parse_header(Image& image) {
  header_ = TRY(read<Elf64_Ehdr>(0));
  if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0) return fail("not an ELF file");
  if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_machine != EM_X86_64)
    return fail("not a 64-bit x86 file");
  if (header_.e_type != ET_DYN) return fail("not a static PIE");
  if (header_.e_phentsize != sizeof(Elf64_Phdr)) return fail("unknown program headers");
  image.entry_ = header_.e_entry;
  return ok();
}

Result<void> ImageParser::parse_segments(Image& image) {
  for (unsigned i = 0; i < header_.e_phnum; ++i) {
    auto header = TRY(read<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr)));
    if (header.p_type == PT_INTERP) return fail("not a static PIE: it has an interpreter");
    if (header.p_type == PT_LOAD && header.p_memsz) TRY(add_segment(image, header));
  }
  bool entry_found = std::ranges::any_of(image.segments_, [&](const Image::Segment& segment) {
    return (segment.permissions & sgx::kSecInfoX) && image.entry_ - segment.begin < segment.size();
  });
  return entry_found ? ok() : Result<void>(fail("the entry point is in no executable segment"));
}

Result<void> ImageParser::add_segment(Image& image, const Elf64_Phdr& header) {
  if (header.p_filesz > header.p_memsz ||
      !range_within(header.p_vaddr, header.p_memsz, 0, abi::kImageSpace / 2))
    return fail("a segment is larger than the room for the image");
  uint64_t permissions = permissions_of(header.p_flags);
  if ((permissions & sgx::kSecInfoW) && (permissions & sgx::kSecInfoX))
    return fail("a segment is writable and executable");
  Image::Segment segment{};
  segment.begin = align_down(header.p_vaddr, sgx::kPageSize);
  segment.permissions = permissions;
  if (segment.begin < image.end_)
    return fail("segments overlap or share a page (link with -z separate-code)");
  const uint64_t end = align_up(header.p_vaddr + header.p_memsz, sgx::kPageSize);
  auto content = TRY(part(header.p_offset, header.p_filesz));
  // Whole pages are taken from the file as they are; the ends of the segment's bytes are copied.
  const uint64_t lead = header.p_vaddr - segment.begin;
  if (lead != 0) {
    const auto head = content.first(std::min(content.size(), sgx::kPageSize - lead));
    segment.first.resize(sgx::kPageSize);
    std::ranges::copy(head, segment.first.begin() + static_cast<ptrdiff_t>(lead));
    content = content.subspan(head.size());
  }
  segment.mapped = content.first(align_down(content.size(), sgx::kPageSize));
  content = content.subspan(segment.mapped.size());
  if (!content.empty()) {
    segment.last.resize(sgx::kPageSize);
    std::ranges::copy(content, segment.last.begin());
  }
  segment.zeros = end - segment.begin - segment.size();
  image.end_ = end;
  image.segments_.push_back(std::move(segment));
  return ok();
}

// The section holds one 8-byte number per site: its distance from that number (enclave/entry/enclu.inc).
Result<void> ImageParser::parse_enclu_sites(Image& image) {
  if (header_.e_shoff == 0 || header_.e_shstrndx >= header_.e_shnum) return ok();
  auto names = TRY(read<Elf64_Shdr>(header_.e_shoff + header_.e_shstrndx * sizeof(Elf64_Shdr)));
  for (unsigned i = 0; i < header_.e_shnum; ++i) {
    auto section = TRY(read<Elf64_Shdr>(header_.e_shoff + i * sizeof(Elf64_Shdr)));
    if (section.sh_name >= names.sh_size) return fail("a section has no name");
    auto name = TRY(part(names.sh_offset + section.sh_name, names.sh_size - section.sh_name));
    bool is_table = name.size() > kSitesSection.size() &&
                    std::memcmp(name.data(), kSitesSection.data(), kSitesSection.size()) == 0 &&
                    name[kSitesSection.size()] == 0;
    if (!is_table) continue;
    for (uint64_t at = 0; at + sizeof(uint64_t) <= section.sh_size; at += sizeof(uint64_t)) {
      uint64_t site = section.sh_addr + at + TRY(read<uint64_t>(section.sh_offset + at));
      if (site >= image.end_) return fail("an ENCLU site is outside the image");
      image.enclu_sites_.push_back(site);
    }
  }
  return ok();
}

}  // namespace scone::host
